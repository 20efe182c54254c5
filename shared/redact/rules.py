"""The patterns of secrets. Each has a group `secret`: what is replaced; the words around it stay readable."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """One kind of secret. `needs` are texts of which one (in lower case) must occur, so that most text is skipped."""

    name: str
    pattern: re.Pattern[str]
    needs: tuple[str, ...]


def _provider(name: str, needs: str, pattern: str) -> Rule:
    """A key whose own form tells what it is. It does not begin inside a word, but may follow an escape like `\\n`."""
    return Rule(name, re.compile(rf"(?:(?<![A-Za-z0-9])|(?<=\\[nrtbf]))(?P<secret>{pattern})"), tuple(needs.split()))


def _context(name: str, needs: str, pattern: str) -> Rule:
    """A secret told by what stands before it."""
    return Rule(name, re.compile(pattern, re.IGNORECASE), tuple(needs.split()))


PEM = Rule(
    "private key",
    re.compile(
        r"(?P<secret>-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----"
        r"(?:.*?-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|.*))",
        re.DOTALL,
    ),
    ("private key",),
)

PROVIDERS: tuple[Rule, ...] = (
    _provider("anthropic key", "sk-ant-", r"sk-ant-[A-Za-z0-9_-]{8,}"),
    _provider("api key", "sk-", r"sk-(?=[A-Za-z0-9_-]*\d)[A-Za-z0-9_-]{20,}"),
    _provider("github token", "ghp_ gho_ ghu_ ghs_ ghr_", r"gh[pousr]_[A-Za-z0-9]{20,}"),
    _provider("github token", "github_pat_", r"github_pat_[A-Za-z0-9_]{20,}"),
    _provider("gitlab token", "gl", r"gl(?:pat|dt|rt|ptt|cbt|soat|imt|agent|ft|ffct)-[A-Za-z0-9_.-]{16,}"),
    _provider("aws key id", "akia asia abia acca", r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Z0-9])"),
    _provider("slack token", "xox xapp-", r"(?:xox[abceoprs]|xapp)-[A-Za-z0-9-]{10,}"),
    _provider(
        "slack webhook",
        "hooks.slack.com",
        r"hooks\.slack\.com/(?:services|workflows|triggers)/[A-Za-z0-9/_-]+",
    ),
    _provider("discord webhook", "/api/webhooks/", r"discord(?:app)?\.com/api/webhooks/\d+/[A-Za-z0-9_-]+"),
    _provider("stripe key", "_live_ _test_", r"(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{10,}"),
    _provider("webhook secret", "whsec_", r"whsec_[A-Za-z0-9+/=_-]{16,}"),
    _provider("google api key", "aiza", r"AIza[A-Za-z0-9_-]{30,}"),
    _provider("google token", "ya29.", r"ya29\.[A-Za-z0-9_-]{16,}"),
    _provider("google client secret", "gocspx-", r"GOCSPX-[A-Za-z0-9_-]{16,}"),
    _provider("npm token", "npm_", r"npm_[A-Za-z0-9]{30,}"),
    _provider("pypi token", "pypi-", r"pypi-[A-Za-z0-9_-]{30,}"),
    _provider("rubygems key", "rubygems_", r"rubygems_[a-f0-9]{32,}"),
    _provider("docker token", "dckr_", r"dckr_(?:pat|oat)_[A-Za-z0-9_-]{16,}"),
    _provider("sendgrid key", "sg.", r"SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}"),
    _provider("mailgun key", "key-", r"key-[0-9a-f]{32}(?![0-9a-f])"),
    _provider("twilio key", "sk", r"SK[0-9a-f]{32}(?![0-9a-f])"),
    _provider("telegram token", ":aa", r"\d{8,10}:AA[A-Za-z0-9_-]{32,}"),
    _provider("hugging face token", "hf_ api_org_", r"(?:hf|api_org)_[A-Za-z0-9]{20,}"),
    _provider(
        "model host key",
        "gsk_ xai- pplx- r8_ fw_ tgp_v1_",
        r"(?:gsk_|xai-|pplx-|r8_|fw_|tgp_v1_)[A-Za-z0-9_-]{20,}",
    ),
    _provider("digitalocean token", "_v1_", r"do[oprt]_v1_[a-f0-9]{32,}"),
    _provider("heroku key", "hrku-", r"HRKU-[A-Za-z0-9_-]{20,}"),
    _provider("linear key", "lin_", r"lin_(?:api|oauth)_[A-Za-z0-9]{20,}"),
    _provider("notion key", "ntn_ secret_", r"(?:ntn|secret)_[A-Za-z0-9]{32,}"),
    _provider("shopify token", "shp", r"shp(?:at|ca|pa|ss)_[A-Fa-f0-9]{32}"),
    _provider("square token", "sq0 eaaa", r"(?:sq0[a-z]{3}-[A-Za-z0-9_-]{20,}|EAAA[A-Za-z0-9_-]{50,})"),
    _provider("facebook token", "eaa", r"EAA[A-Za-z0-9]{60,}"),
    _provider("databricks token", "dapi", r"dapi[0-9a-f]{32}(?:-\d)?"),
    _provider("grafana token", "glsa_ glc_", r"gl(?:sa|c)_[A-Za-z0-9_+/=]{20,}"),
    _provider("vault token", "hvs. hvb. hvr.", r"hv[sbr]\.[A-Za-z0-9_-]{20,}"),
    _provider("terraform token", ".atlasv1.", r"[A-Za-z0-9]{10,}\.atlasv1\.[A-Za-z0-9_=-]{30,}"),
    _provider("age key", "age-secret-key-", r"AGE-SECRET-KEY-1[0-9A-Z]{20,}"),
    _provider("doppler token", "dp.", r"dp\.(?:pt|st|ct|sa|scim|audit)\.[A-Za-z0-9_.-]{20,}"),
    _provider("postman key", "pmak-", r"PMAK-[A-Fa-f0-9-]{30,}"),
    _provider("new relic key", "nrak- nrii- nrjs-", r"NR(?:AK|II|JS)-[A-Za-z0-9_-]{16,}"),
    _provider("sentry token", "sntry", r"sntry[su]_[A-Za-z0-9_+/=.-]{20,}"),
    _provider("supabase key", "sbp_ sb_secret_", r"(?:sbp_[a-f0-9]{30,}|sb_secret_[A-Za-z0-9_-]{16,})"),
    _provider("atlassian token", "atatt3 atctt3", r"AT[AC]TT3[A-Za-z0-9_=-]{30,}"),
    _provider("fly token", "fm1_ fm2_ fo1_", r"(?:fm[12]|fo1)_[A-Za-z0-9+/=_-]{20,}"),
    _provider("planetscale token", "pscale_", r"pscale_(?:tkn|oauth|pw)_[A-Za-z0-9_=.-]{20,}"),
    _provider("airtable token", "pat", r"pat[A-Za-z0-9]{14}\.[a-f0-9]{64}"),
    _provider("figma token", "figd_", r"figd_[A-Za-z0-9_-]{20,}"),
    _provider("suite key", "oma_", r"oma_[A-Za-z0-9_-]{16,}"),
    _provider("jwt", "eyj", r"eyJ[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]{6,}(?:\.[A-Za-z0-9_-]*){1,3}"),
)

_VALUE = r"""(?P<secret>(?:"[^"\n]+"|'[^'\n]+'|[^\s"'|;&<>]+))"""

CONTEXTS: tuple[Rule, ...] = (
    _context(
        "url password",
        "@",
        r"(?<![a-z0-9+.-])[a-z][a-z0-9+.-]{0,20}://[^\s:/@\"'<>]{0,256}:(?P<secret>[^\s\"'<>]{1,512})@(?=[\w.\[-])",
    ),
    _context(
        "url token",
        "@",
        r"(?<![a-z0-9+.-])[a-z][a-z0-9+.-]{0,20}://(?P<secret>(?=[^\s@/]{0,512}\d)[A-Za-z0-9_.~%-]{12,512})@(?=[\w.\[-])",
    ),
    _context(
        "authorization header",
        "authorization",
        r"authorization\\?[\"']?\s*[:=]\s*\\?[\"']?\s*(?:(?:bearer|basic|token|digest|negotiate|apikey|aws4-\S+)\s+)?"
        r"(?P<secret>[^\s\"'\\,;<>]{4,})",
    ),
    _context("bearer token", "bearer", r"\bbearer\s+(?P<secret>(?=\S*[\d_.+/=-])[A-Za-z0-9_.~+/=-]{16,})"),
    _context(
        "basic credentials",
        "basic",
        r"\bbasic\s+(?P<secret>(?=\S*[\d=A-Z])[A-Za-z0-9+/]{16,}={0,2})(?![\w-])",
    ),
    _context(
        "cookie",
        "cookie",
        r"\b(?:set-)?cookie\\?[\"']?\s*:\s*\\?[\"']?(?P<secret>[^\s\"'\\=]+=[^\r\n\"'\\]+)",
    ),
    _context(
        "netrc password",
        "machine login",
        r"\b(?:machine\s+\S+|default)\s+login\s+\S+\s+password\s+(?P<secret>\S+)",
    ),
    _context("netrc password", "login", r"\blogin\s+\S+\s+password\s+(?P<secret>\S+)"),
    _context(
        "curl user",
        "curl wget",
        rf"\b(?:curl|wget|http|https)\b[^\n|;&]{{0,400}}?\s(?:-u|--user)(?:\s+|=)?{_VALUE}",
    ),
    _context(
        "mysql password",
        "mysql mariadb",
        r"\b(?:mysql\w*|mariadb[\w-]*)\b[^\n|;&]{0,400}?\s-p(?P<secret>[^\s\"'|;&]+|\"[^\"]+\"|'[^']+')",
    ),
    _context("sshpass password", "sshpass", rf"\bsshpass\s+-p\s*{_VALUE}"),
    _context("redis password", "redis-cli", rf"\bredis-cli\b[^\n|;&]{{0,400}}?\s-a\s+{_VALUE}"),
    _context("login password", "login", rf"\blogin\b[^\n|;&]{{0,400}}?\s-p(?:\s+|=){_VALUE}"),
    _context(
        "secret flag",
        "--",
        r"--?[\w-]*(?:password|passwd|passphrase|secret|token|api-?key|access-?key|private-?key|credentials?|auth)"
        rf"(?:\s+|=)(?!-){_VALUE}",
    ),
    _context(
        "azure connection string",
        "key= sig= signature=",
        r"\b(?:accountkey|sharedaccesskey|sharedaccesssignature|sig|signature)=(?P<secret>[A-Za-z0-9%+/=_-]{16,})",
    ),
)
