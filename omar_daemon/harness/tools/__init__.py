"""The tools of `agent_toolset_20260401`: what the model may do in a session's sandbox."""
