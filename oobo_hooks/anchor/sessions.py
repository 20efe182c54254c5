"""What an anchor tells of a linked session: model, tokens, tools, files, sub-agents."""

from __future__ import annotations

from collections import Counter

from oobo_hooks.anchor.evidence import SHELL_TOOLS, SessionEvidence, shell_command
from oobo_hooks.anchor.linking import Link
from shared.transcripts import Conversation, Session, SubAgent, Usage
from shared.wire.anchors import SessionLink

MAX_COMMANDS = 50
CHARACTERS_PER_TOKEN = 4


def session_link(link: Link, *, transparent: bool) -> SessionLink:
    """The wire form of a link. Without a readable log only its id, tool and type are known, and what hooks recorded."""
    if link.evidence is None:
        return _recorded_link(link) if link.record is not None else _bare_link(link)
    evidence, conversation = link.evidence, link.evidence.conversation
    usage, estimated = token_usage(conversation)
    calls = conversation.tool_calls
    sub_agent = evidence.sub_agent
    return SessionLink(
        session_id=link.session_id,
        agent=link.tool,
        model=conversation.model,
        link_type=link.link_type,
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cache_read_tokens=usage.cache_read_tokens,
        cache_creation_tokens=usage.cache_creation_tokens,
        is_estimated=estimated,
        duration_secs=_duration(conversation),
        tool_calls=len(calls),
        files_touched=sorted(evidence.edited_paths),
        tool_usage=dict(sorted(Counter(call.name for call in calls).items())),
        tool_failures=sum(call.result is not None and call.result.is_error for call in calls),
        subagent_count=len(conversation.sub_agents),
        bash_commands=_commands(evidence) if transparent else None,
        compact_count=conversation.compactions,
        is_subagent=sub_agent is not None,
        parent_session_id=parent_id(evidence.session, sub_agent) if sub_agent is not None else None,
        subagent_type=sub_agent.kind if sub_agent is not None else None,
    )


def _bare_link(link: Link) -> SessionLink:
    return SessionLink(session_id=link.session_id, agent=link.tool, link_type=link.link_type)


def _recorded_link(link: Link) -> SessionLink:
    record = link.record
    assert record is not None
    told = _bare_link(link)
    own = [one for one in record.edits if (one.agent or record.session_id) == link.session_id]
    told.files_touched = sorted({one.path for one in own})
    if link.session_id != record.session_id:
        told.is_subagent, told.parent_session_id = True, record.session_id
        told.subagent_type = record.sub_agents.get(link.session_id)
        return told
    told.model = record.model
    told.duration_secs = max(0, (record.last_ms - record.started_ms) // 1000)
    told.tool_calls, told.tool_failures = record.tools.total(), record.failures
    told.tool_usage = dict(sorted(record.tools.items()))
    told.subagent_count, told.compact_count = len(record.sub_agents), record.compactions
    return told


def token_usage(conversation: Conversation) -> tuple[Usage, bool]:
    """Its tokens, and whether they are only estimated: ≈ 4 characters each, where the log has no numbers."""
    usage = conversation.usage
    if usage.total or usage.cache_read_tokens or usage.cache_creation_tokens:
        return usage, False
    asked = sum(len(message.text) for message in conversation.humans)
    asked += sum(len(call.result.text) for call in conversation.tool_calls if call.result is not None)
    answered = sum(len(response.text) + len(response.thinking) for response in conversation.responses)
    answered += sum(len(str(call.input)) for call in conversation.tool_calls if call.input is not None)
    return Usage(asked // CHARACTERS_PER_TOKEN, answered // CHARACTERS_PER_TOKEN), True


def usage_numbers(usage: Usage) -> dict[str, int]:
    return {
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "cache_read_tokens": usage.cache_read_tokens,
        "cache_creation_tokens": usage.cache_creation_tokens,
    }


def parent_id(session: Session, wanted: SubAgent) -> str:
    """The id of the conversation that started a sub-agent."""
    for agent in session.all_sub_agents():
        if any(child is wanted for child in agent.sub_agents):
            return agent.id
    return session.id


def _duration(conversation: Conversation) -> int | None:
    if conversation.started_ms is None or conversation.ended_ms is None:
        return None
    return max(0, (conversation.ended_ms - conversation.started_ms) // 1000)


def _commands(evidence: SessionEvidence) -> list[str]:
    calls = [call for call in evidence.conversation.tool_calls if call.name in SHELL_TOOLS]
    return [command for call in calls[-MAX_COMMANDS:] if (command := shell_command(call))]
