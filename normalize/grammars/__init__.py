"""Value grammars: the whole string or a refusal with a reason. Each is a pure function of the text."""
