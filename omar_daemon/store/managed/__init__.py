"""The rooms of the store behind `/v1`: one module per resource of the managed agents."""
