"""What others would write: the same rows and answers, with no session, fence, consent gate, sealing or access log."""
