// Written by `oobo agent install opencode`; `oobo agent uninstall opencode` deletes it.
// Runs oobo_hooks/agents/record.py at each event. Nothing here may ever disturb opencode.
import { spawnSync } from "node:child_process"

const PYTHON = "@PYTHON@"
const PROGRAM = "@PROGRAM@"
const EDITS = new Set(["edit", "write", "multiedit", "patch", "apply_patch"])

function record(event) {
  try {
    spawnSync(PYTHON, ["-I", "-S", PROGRAM, "opencode"], {
      input: JSON.stringify(event),
      stdio: ["pipe", "ignore", "ignore"],
      timeout: 10000,
    })
  } catch {}
}

export const OoboPlugin = async ({ directory }) => {
  const given = new Map()
  const about = (name, session) => ({ hook_event_name: name, session_id: session, cwd: directory })
  return {
    "tool.execute.before": async (input, output) => {
      given.set(input.callID, output.args)
      if (!EDITS.has(input.tool)) return
      const call = { tool_name: input.tool, tool_use_id: input.callID, tool_input: output.args }
      record({ ...about("PreToolUse", input.sessionID), ...call })
    },
    "tool.execute.after": async (input) => {
      const args = given.get(input.callID) ?? input.args ?? {}
      given.delete(input.callID)
      const call = { tool_name: input.tool, tool_use_id: input.callID, tool_input: args }
      record({ ...about("PostToolUse", input.sessionID), ...call })
    },
    event: async ({ event }) => {
      const told = event.properties ?? {}
      if (event.type === "session.created" && told.info?.parentID) {
        const child = { agent_id: told.info.id, agent_type: told.info.agent ?? null }
        record({ ...about("SubagentStart", told.info.parentID), ...child })
      }
      if (event.type === "session.compacted") record(about("PreCompact", told.sessionID))
    },
  }
}
