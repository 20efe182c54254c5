"""The prompt templates that ship with the suite; a person's own copies win (`paths.prompts_dir`)."""
