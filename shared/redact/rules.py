"""The patterns of secrets. Each has a group `secret`: what is replaced; the words around it stay readable."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from shared.redact.values import HARMLESS, is_code, is_hash_or_uuid, looks_random


@dataclass(frozen=True)
class Rule:
    """One kind of secret. `needs` are texts of which one (in lower case) must occur, so that most text is skipped.

    `starts_word`: it does not begin inside a word, but may follow an escape like `\\n` or `%20`. `lowered`: the pattern
    is one of lower case, for the text in lower case: a pattern that begins with letters of one case is found ten times
    faster than one that ignores case. `accepts` has the last word about what the pattern has found.
    """

    name: str
    pattern: re.Pattern[str]
    needs: tuple[str, ...]
    accepts: Callable[[str], bool] = bool
    starts_word: bool = True
    lowered: bool = True


def _provider(name: str, needs: str, pattern: str, accepts: Callable[[str], bool] = bool) -> Rule:
    """A key whose own form tells what it is."""
    return Rule(name, re.compile(f"(?P<secret>{pattern})"), tuple(needs.split()), accepts, lowered=False)


def _is_no_slug(value: str) -> bool:
    """`sk-image-version-1`, `fw_update_script_run` are words, joined."""
    return not re.fullmatch(r"[a-z0-9]{1,12}(?:[-_][a-z0-9]{1,12})+", value)


def _context(
    name: str, needs: str, pattern: str, accepts: Callable[[str], bool] = bool, *, starts_word: bool = False
) -> Rule:
    """A secret told by what stands before it."""
    return Rule(name, re.compile(pattern), tuple(needs.split()), accepts, starts_word)


def _is_no_word(value: str) -> bool:
    """In prose a word follows ("set token expiry"): only what is quoted or no word is a value."""
    return value[:1] in "\"'" or not value.rstrip("`.,:;!?").isalpha()


def _is_no_code(value: str) -> bool:
    return not is_code(value) and value.rstrip("`.,:;!?)]}…").lower() not in HARMLESS


def _is_no_hash(value: str) -> bool:
    return not is_hash_or_uuid(value.rstrip(".,:;!?)"))


PROVIDERS: tuple[Rule, ...] = (
    _provider("anthropic key", "sk-ant-", r"sk-ant-[A-Za-z0-9_-]{8,}"),
    _provider("api key", "sk-", r"sk-(?:(?=[A-Za-z0-9_-]{0,200}\d)[A-Za-z0-9_-]{20,}|[A-Za-z]{32,})", _is_no_slug),
    _provider("github token", "ghp_ gho_ ghu_ ghs_ ghr_", r"gh[pousr]_[A-Za-z0-9]{20,}"),
    _provider("github token", "github_pat_", r"github_pat_[A-Za-z0-9_]{20,}"),
    _provider("gitlab token", "gl", r"gl(?:pat|dt|rt|ptt|cbt|soat|imt|agent|ft|ffct)-[A-Za-z0-9_.-]{16,}"),
    _provider("gitlab token", "gr1348941", r"GR1348941[A-Za-z0-9_-]{16,}"),
    _provider("bedrock key", "absk", r"ABSK[A-Za-z0-9+/=]{80,}"),
    _provider("azure client secret", "q~", r"[A-Za-z0-9_~.]{3}\dQ~[A-Za-z0-9_~.-]{31,40}"),
    _provider("aws key id", "akia asia abia acca", r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Z0-9])"),
    _provider("slack token", "xox xapp-", r"(?:xox[abcdeoprs]|xapp)-[A-Za-z0-9%-]{10,}"),
    _provider(
        "slack webhook",
        "hooks.slack.com",
        r"hooks\.slack\.com/(?:services|workflows|triggers)/[A-Za-z0-9/_-]+",
    ),
    _provider("discord token", ".", r"[MNO][A-Za-z\d_-]{23,27}\.[A-Za-z\d_-]{6}\.[A-Za-z\d_-]{27,40}"),
    _provider("discord webhook", "/api/webhooks/", r"discord(?:app)?\.com/api/webhooks/\d+/[A-Za-z0-9_-]+"),
    _provider("stripe key", "_live_ _test_", r"(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{10,}"),
    _provider("webhook secret", "whsec_", r"whsec_[A-Za-z0-9+/=_-]{16,}"),
    _provider("google api key", "aiza", r"AIza[A-Za-z0-9_-]{30,}"),
    _provider("google token", "ya29.", r"ya29\.[A-Za-z0-9_.-]{16,}"),
    _provider("google refresh token", "1//0", r"1//0[A-Za-z0-9_-]{30,}"),
    _provider("google client secret", "gocspx-", r"GOCSPX-[A-Za-z0-9_-]{16,}"),
    _provider("npm token", "npm_", r"npm_[A-Za-z0-9]{30,}"),
    _provider("pypi token", "pypi-", r"pypi-[A-Za-z0-9_-]{30,}"),
    _provider("rubygems key", "rubygems_", r"rubygems_[a-f0-9]{32,}"),
    _provider("docker token", "dckr_", r"dckr_(?:pat|oat)_[A-Za-z0-9_-]{16,}"),
    _provider("sendgrid key", "sg.", r"SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}"),
    _provider("mailgun key", "key-", r"key-[0-9a-f]{32}(?![0-9a-f])"),
    _provider("twilio key", "sk", r"SK[0-9a-f]{32}(?![0-9a-f])"),
    _provider("telegram token", ":aa", r"(?:bot)?\d{8,10}:AA[A-Za-z0-9_-]{30,}"),
    _provider("hugging face token", "hf_ api_org_", r"(?:hf|api_org)_[A-Za-z0-9]{20,}"),
    _provider(
        "model host key",
        "gsk_ xai- pplx- r8_ fw_ tgp_v1_",
        r"(?:gsk_|xai-|pplx-|r8_|fw_|tgp_v1_)[A-Za-z0-9_-]{20,}",
        _is_no_slug,
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
    _provider("buildkite token", "bkua_", r"bkua_[a-f0-9]{30,}"),
    _provider("circleci token", "ccipat_", r"CCIPAT_[A-Za-z0-9_]{20,}"),
    _provider("pulumi token", "pul-", r"pul-[a-f0-9]{40}"),
    _provider("dynatrace token", "dt0", r"dt0[a-z]\d\d\.[A-Z0-9]{24}\.[A-Z0-9]{40,}"),
    _provider("netlify token", "nfp_ nfc_", r"nf[pc]_[A-Za-z0-9]{30,}"),
    _provider("1password token", "ops_ey", r"ops_eyJ[A-Za-z0-9_-]{60,}"),
    _provider("encoded private key", "ls0tls1crudjti", r"LS0tLS1CRUdJTi(?!BDRVJU|BQVUJ)[A-Za-z0-9+/=]{20,}"),
    _provider("suite key", "oma_", r"oma_[A-Za-z0-9_-]{16,}"),
    _provider(
        "jwt",
        "eyj",
        r"eyJ(?:(?<![A-Za-z0-9_-]eyJ)|(?<=\\[nrtbf]eyJ))[A-Za-z0-9_-]{6,}"
        r"\.[A-Za-z0-9_-]{6,}(?:\.[A-Za-z0-9_-]*){1,3}",
    ),
)

_VALUE = r"""(?P<secret>(?:"[^"\n]+"|'[^'\n]+'|[^\s"'|;&<>]+))"""
_Q = r"\\{0,7}[\"'`]"
_NAMED = r"(?:pass(?:word|wd|phrase|code)|secrets?|tokens?|api[ _-]?keys?|credentials?)"

CONTEXTS: tuple[Rule, ...] = (
    _context(
        "url password",
        "@",
        r"://[^\s:/@\"'<>]{0,256}:(?P<secret>[^\s\"'<>]{1,512})@(?=[\w.\[-])",
        lambda value: not re.match(r"\d{1,5}/", value),
    ),
    _context("url password", "//", r"//[^\s:/@\"'<>]{1,64}:(?P<secret>[^\s/\"'<>@]{1,256})@(?=[\w.\[-])"),
    _context(
        "url token",
        "@",
        r"://(?P<secret>(?=[^\s@/]{0,512}\d)[a-z0-9_.~%-]{12,512})@(?=[\w.\[-])",
    ),
    _context(
        "connection string",
        "@tcp( @unix( @/",
        r"(?<![\w/:.-])[\w.-]{1,64}:(?P<secret>[^\s:@/\"'<>]{1,256})@(?:tcp\(|unix\(|/\w)",
    ),
    _context("connection string", "jdbc:oracle", r"jdbc:oracle:\w{1,8}:[\w.-]{1,64}/(?P<secret>[^\s@\"']{1,256})@"),
    _context("connection string", ";", r";\s{0,4}(?:password|pwd)\s{0,4}=\s{0,4}(?P<secret>\{[^}\n]{1,256}\})"),
    _context(
        "authorization header",
        "authorization",
        rf"authorization(?:{_Q})?\]?\s{{0,4}}[:=,]\s{{0,8}}(?:[bfru]{{0,2}}{_Q})?\s{{0,4}}"
        r"(?:digest|oauth|hawk|mac|googlelogin|signature|aws4-hmac-\S{1,20}|token(?=\s+token=)|sharedaccesssignature)"
        r"\s+(?P<secret>(?=[^\r\n]{0,2000}=)[^\r\n']{4,4000})",
    ),
    _context(
        "authorization header",
        "authorization",
        rf"authorization(?:{_Q})?\]?\s{{0,4}}[:=,]\s{{0,8}}(?:[bfru]{{0,2}}{_Q})?\s{{0,4}}"
        r"(?:bearer|basic|token|negotiate|ntlm|api-?key|key|splunk|ssws|geniekey|jwt|[a-z]{2,20}-api-?key|sharedkey)"
        r"(?:\s{1,8}|%20|\+)(?P<secret>[^\s\"'\\,;<>]{4,})",
        _is_no_code,
    ),
    _context(
        "authorization header",
        "authorization",
        rf"authorization(?:{_Q})?\]?\s{{0,4}}[:=,]\s{{0,8}}(?:[bfru]{{0,2}}{_Q})?\s{{0,4}}"
        r"(?:[a-z][\w-]{1,30}\s{1,4}(?=[^\s\"'\\,;<>]*\d))?(?!aws4-)(?P<secret>[^\s\"'\\,;<>]{4,})",
        lambda value: _is_no_code(value) and not re.fullmatch(r"[A-Za-z-]+`?", value),
    ),
    _context(
        "bearer token", "bearer", r"bearer\s+(?P<secret>(?=\S{0,512}[\d_.+/=-])[a-z0-9_.~+/=-]{16,})", starts_word=True
    ),
    _context(
        "basic credentials",
        "basic",
        r"basic\s+(?P<secret>[a-z0-9+/]{16,}={0,2})(?![\w-])",
        lambda value: bool(re.search(r"[\d=A-Z]", value)),
        starts_word=True,
    ),
    _context(
        "cookie",
        "cookie",
        r"cookie\\?[\"']?\s*:\s*\\?[\"']?(?P<secret>[^\s\"'\\=]{1,256}=[^\r\n\"'\\]+)",
    ),
    _context(
        "netrc password",
        "machine default",
        r"(?:machine(?:\s|\\[nt]){1,8}\S{1,256}|default(?=(?:\s|\\[nt]){1,8}login))(?:(?:\s|\\[nt]){1,8}(?:login|account)(?:\s|\\[nt]){1,8}"
        r"[^\s\\]{1,256}){0,2}(?:\s|\\[nt]){1,8}password(?:\s|\\[nt]){1,8}(?P<secret>[^\s\\]+)",
    ),
    _context(
        "netrc password",
        "login",
        r"login(?:\s|\\[nt]){1,8}[^\s\\]{1,256}(?:\s|\\[nt]){1,8}password(?:\s|\\[nt]){1,8}(?P<secret>[^\s\\]+)",
        _is_no_word,
    ),
    _context(
        "piped password",
        "-stdin --with-token chpasswd sudo passphrase-fd",
        rf"(?:echo|printf)\s{{1,4}}(?:-[ne]{{1,2}}\s{{1,4}})?{_VALUE}\s{{0,4}}\|[^\n|;]{{0,200}}?"
        r"(?:-stdin\b|--with-token|\bchpasswd|\bsudo\s+-s|--passphrase-fd)",
    ),
    _context(
        "piped password",
        "<<<",
        rf"(?:-stdin|--with-token|\bchpasswd|\bsudo\s+-s)[^\n|;<]{{0,80}}<<<\s{{0,4}}{_VALUE}",
    ),
    _context("openssl password", "pass:", r"(?<=\spass:)(?P<secret>[^\s\"']{3,256})"),
    _context("smb password", "-u", r"-(?:u|-user)(?:\s{1,4}|=)[\"']?[\w.\\/-]{1,64}%(?P<secret>[^\s\"']{1,256})"),
    _context(
        "sql password",
        "password identified",
        r"(?:password|identified\s{1,8}by(?:\s{1,8}password)?)\s{0,8}\(?\s{0,8}(?:=\s{0,8})?'(?P<secret>[^'\n]{1,256})'",
    ),
    _context(
        "told password",
        "pass secret token key credential",
        rf"{_NAMED}\s{{1,4}}is\s{{0,4}}:?\s{{1,4}}[\"'`]?(?P<secret>(?=[^\s]{{0,64}}\d)(?=[^\s]{{0,64}}[a-z])"
        r"[^\s\"'`,;<>]{5,256})",
        _is_no_hash,
    ),
    _context(
        "set by name",
        "define env set arg",
        r"(?:#define|env|arg|setx?|set\s+-\w{1,3}|configure\s+set|config\s+set|config)[ \t]{1,8}"
        rf"(?:[A-Za-z0-9]{{1,40}}[_.:-]){{0,6}}[a-z0-9]{{0,20}}{_NAMED}[ \t]{{1,8}}{_VALUE}",
        _is_no_word,
        starts_word=True,
    ),
    _context("set by name", "requirepass masterauth", rf"(?:requirepass|masterauth)[ \t]{{1,8}}{_VALUE}"),
    _context(
        "named value",
        "value",
        rf"(?:name|key)\\{{0,3}}[\"']?\s{{0,4}}[:=]\s{{0,4}}\\{{0,3}}[\"']?[\w.-]{{0,40}}{_NAMED}\\{{0,3}}[\"']?"
        r"[\s,;]{1,40}\\{0,3}[\"']?(?:value|default)\\{0,3}[\"']?\s{0,4}[:=]\s{0,4}"
        r"(?:\\{0,3}[\"'])?(?P<secret>(?<=\")[^\"\n\\]{1,4096}|(?<=')[^'\n]{1,4096}|[^\s\"'\\,;}]{1,4096})",
        lambda value: not value.startswith("{"),
    ),
    _context(
        "xml value",
        "</",
        rf"<(?:[\w-]{{0,40}}[:_-])?[\w-]{{0,40}}{_NAMED}(?:\s[^<>\n]{{0,80}})?>(?P<secret>[^<>\n]{{3,4096}})</",
    ),
    _context(
        "azure connection string",
        "key= sig= signature=",
        r"(?:accountkey|sharedaccesskey|sharedaccesssignature|sig|signature|x-amz-signature|x-goog-signature)="
        r"(?P<secret>[a-z0-9%+/=_-]{16,})",
    ),
    _context(
        "aws secret key",
        "aws akia asia secret",
        r"(?:aws|akia[a-z0-9]{16}|asia[a-z0-9]{16}|secret)[^\n]{0,80}?(?<![a-z0-9/+=])"
        r"(?P<secret>[a-z0-9/+]{40})(?![a-z0-9/+=])",
        looks_random,
    ),
    _context("twilio token", "ac", r"ac[0-9a-f]{32}[:\s,\"']{1,8}(?P<secret>[0-9a-f]{32})(?![0-9a-f])"),
    _context("kubernetes key", "client-key-data", r"client-key-data\"?:\s{0,8}\"?(?P<secret>[a-z0-9+/=]{20,})"),
    _context(
        "putty key",
        "private-lines",
        r"private-lines:\s{0,4}\d{1,4}\r?\n(?P<secret>(?:[a-z0-9+/=]{1,80}\r?\n){1,200})",
    ),
)
