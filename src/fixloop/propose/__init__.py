"""From rejections to ranked hints: diagnosis by counterfactual replay, synthesis, dry run, ranking."""
