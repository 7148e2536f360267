"""How good a workspace is, step by step: cases, the suites that judge them, metrics, paired comparison."""
