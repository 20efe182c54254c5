"""Secrets that stand in shell commands without an option in front of them: piped, by place, set under a name."""

from __future__ import annotations

from shared.redact.rules import NAMED, VALUE, Rule, context, is_no_word

_STEP = r"(?:[ \t]{1,8}|\\?[\"'],?[ \t]{0,4}\\?[\"'])"
"""Between two words of a command or of a list of arguments."""
_FLAGS = rf"(?:-[\w=-]{{1,40}}{_STEP}){{0,6}}"
_WORD = r"(?P<secret>\"[^\"\n]+\"|'[^'\n]+'|[^\s\"'|;&<>,\\]{2,256})"


def _is_set_value(value: str) -> bool:
    return _is_no_option(value) and is_no_word(value)


def _is_no_option(value: str) -> bool:
    return value[:1] not in "-/"


SHELLS: tuple[Rule, ...] = (
    context(
        "piped password",
        "-stdin --with-token passwd sudo passphrase-fd kinit cryptsetup",
        rf"(?:echo|printf)\s{{1,4}}(?:-[ne]{{1,2}}\s{{1,4}})?{VALUE}\s{{0,4}}\|[^\n|;]{{0,200}}?"
        r"(?:-stdin\b|--with-token|\bchpasswd|\bpasswd\b|\bsudo\s+-s|--passphrase-fd|\bkinit|\bcryptsetup)",
    ),
    context(
        "piped password",
        "<<<",
        rf"(?:-stdin|--with-token|\bchpasswd|\bsudo\s+-s)[^\n|;<]{{0,80}}<<<\s{{0,4}}{VALUE}",
    ),
    context(
        "piped password",
        "chpasswd",
        r"chpasswd[^\n|;]{0,40}<<-?\s{0,4}[\"']?\w{1,20}[\"']?\n(?P<secret>(?:[^\s:]{1,64}:[^\s]{1,256}\n){1,50})",
    ),
    context(
        "openssl password",
        "pass:",
        r"(?:(?<=\s)|(?<=[\"'=]))pass:(?P<secret>(?<=\"pass:)[^\"\n\\]{1,256}|(?<='pass:)[^'\n]{1,256}|[^\s\"',\\]{3,256})",
    ),
    context("openssl password", "openssl", rf"openssl{_STEP}passwd{_STEP}{_FLAGS}{_WORD}", _is_no_option),
    context("smb password", "-u", r"-(?:u|-user)(?:\s{1,4}|=)[\"']?[\w.\\/-]{1,64}%(?P<secret>[^\s\"']{1,256})"),
    context(
        "set by name",
        "define env set arg",
        r"(?:#define|env|arg|setx?|set\s+-\w{1,3}|configure\s+set|config\s+set|config)[ \t]{1,8}"
        rf"(?:[A-Za-z0-9]{{1,40}}[_.:-]){{0,6}}[a-z0-9]{{0,20}}(?:{NAMED}|_pass|_pwd?)[ \t]{{1,8}}{VALUE}",
        _is_set_value,
        starts_word=True,
    ),
    context("set by name", "requirepass masterauth", rf"(?:requirepass|masterauth)[ \t]{{1,8}}{VALUE}"),
    context(
        "set by name",
        "setenv set -",
        rf"(?:setenv|set[ \t]+-\w{{1,3}})[ \t]{{1,8}}[a-z0-9_]{{0,40}}{NAMED}[ \t]{{1,8}}{VALUE}",
        _is_no_option,
        starts_word=True,
    ),
    context(
        "set by name", "<<<", rf"read[^\n<]{{0,40}}[ \t][a-z0-9_]{{0,40}}{NAMED}[ \t]{{0,8}}<<<[ \t]{{0,8}}{VALUE}"
    ),
    context(
        "secret by command", "secret set", rf"secret{_STEP}set{_STEP}[^\n]{{0,80}}?(?:-b|--body)[ \t=]{{1,4}}{VALUE}"
    ),
    context(
        "secret by command", "from-literal", r"--from-literal[ \t=]{1,4}[\"']?[\w.-]{1,64}=(?P<secret>[^\s\"']{1,4096})"
    ),
    context("secret by command", "vault", rf"vault{_STEP}login{_STEP}{_FLAGS}{_WORD}", _is_no_option),
    context(
        "secret by command",
        "htpasswd",
        rf"htpasswd{_STEP}-[a-z]*b[a-z]*{_STEP}(?:(?<!nb )[^\s\"'-][^\s\"']*{_STEP})?[\w.@-]{{1,64}}{_STEP}{_WORD}",
    ),
    context(
        "secret by command",
        "cargo nuget poetry user-secrets",
        rf"(?:cargo{_STEP}login|nuget{_STEP}setapikey|user-secrets{_STEP}set{_STEP}[^\s]{{1,128}}"
        rf"|poetry{_STEP}config{_STEP}(?:pypi-token\.[\w-]{{1,64}}|http-basic\.[\w-]{{1,64}}{_STEP}[^\s]{{1,64}})){_STEP}{_WORD}",
        _is_no_option,
    ),
    context(
        "secret by command",
        "rabbitmqctl mysqladmin mosquitto_passwd",
        rf"(?:rabbitmqctl{_STEP}(?:add_user|change_password){_STEP}[\w.@-]{{1,64}}|mysqladmin[^\n|;]{{0,120}}\spassword"
        rf"|mosquitto_passwd{_STEP}-b{_STEP}[^\s]{{1,200}}{_STEP}[\w.@-]{{1,64}}){_STEP}{_WORD}",
        _is_no_option,
    ),
    context(
        "secret by command",
        "securestring keyvault",
        rf"(?:put-parameter(?=[^\n]{{0,400}}securestring)|keyvault{_STEP}secret{_STEP}set)"
        rf"[^\n]{{0,300}}?--value[ \t=]{{1,4}}{VALUE}",
    ),
    context(
        "secret by command",
        "secrets set secrets:set",
        rf"secrets(?:{_STEP}|:)set{_STEP}{_FLAGS}[a-z_][a-z0-9_]{{0,80}}={VALUE}",
    ),
    context(
        "secret by command",
        "config:set",
        rf"config:set{_STEP}{_FLAGS}[a-z0-9_]{{0,80}}(?:key|token|secret|password|pass|pwd)={VALUE}",
    ),
    context(
        "secret by command",
        "alias set",
        rf"mc{_STEP}alias{_STEP}set{_STEP}[^\s]{{1,64}}{_STEP}[^\s]{{1,200}}{_STEP}[^\s]{{1,128}}{_STEP}{_WORD}",
    ),
    context(
        "secret by command",
        "net use",
        rf"net{_STEP}use{_STEP}(?:[a-z]:{_STEP})?[^\s]{{1,200}}{_STEP}{_WORD}",
        _is_no_option,
    ),
    context("secret by command", "/rp", rf"schtasks[^\n]{{0,300}}\s/rp{_STEP}{_WORD}"),
    context("secret by command", "-hp", r"(?<![\w-])rar(?:\.exe)?[^\n|;]{0,80}?\s-hp(?P<secret>[^\s]{1,256})"),
    context(
        "secret by command",
        "setuser default",
        r"(?:setuser|user)[ \t]{1,4}\w{1,64}[ \t]on[ \t][^\n>]{0,80}>(?P<secret>[^\s]{3,256})",
    ),
    context(
        "url password",
        "curl wget",
        r"(?:curl|wget)[^\n|;]{0,200}?\s[\"']?[a-z_][\w.-]{0,63}:(?P<secret>[^\s:@/\"'<>]{1,256})@(?=[\w.-]{1,253})",
    ),
    context(
        "secret by command",
        "printf",
        rf"printf[ \t]{{1,4}}[\"'][^\"'\n]{{0,80}}{NAMED}[=:][ \t]?%s[^\"'\n]{{0,40}}[\"'][ \t]{{1,4}}{VALUE}",
    ),
    context("secret by command", "rclone", rf"rclone{_STEP}obscure{_STEP}{_WORD}", _is_no_option),
    context("secret by command", "wpa_passphrase", rf"wpa_passphrase{_STEP}[^\s]{{1,64}}{_STEP}{_WORD}", _is_no_option),
    context("secret by command", "nmcli", rf"nmcli[^\n|;]{{0,160}}\spassword{_STEP}{_WORD}"),
    context("secret by command", "net user", rf"net{_STEP}user{_STEP}[\w.\\-]{{1,64}}{_STEP}{_WORD}", _is_no_option),
    context("secret by command", "> auth", rf"(?:redis|:\d{{4,5}})[^\n>]{{0,40}}>[ \t]{{0,4}}auth[ \t]{{1,4}}{VALUE}"),
    context(
        "oracle login",
        "sqlplus rman expdp impdp sqlldr",
        rf"(?:sqlplus|rman|expdp|impdp|sqlldr){_STEP}{_FLAGS}(?:target{_STEP})?[\w$]{{1,64}}/(?P<secret>[^\s@/\"']{{2,256}})",
    ),
    context(
        "certificate password",
        "--cert -e",
        r"(?:-e|--(?:proxy-)?cert)[ \t=]{1,4}[\w./~-]{1,200}\.(?:pem|p12|pfx|crt):(?P<secret>[^\s\"']{1,256})",
    ),
    context(
        "windows option",
        "/p",
        r"(?:(?<=\s)/pass(?:word)?|\s/u:[^\n]{1,80}?\s/p):(?P<secret>\"[^\"\n]+\"|[^\s\"']{3,256})",
    ),
    context("windows option", "signtool", rf"signtool[^\n]{{0,160}}\s/p{_STEP}{_WORD}", _is_no_option),
    context(
        "answered prompt",
        "send",
        r"(?:pass(?:word|phrase)|passcode)[^\n]{0,40}[\s;{]send(?:_user|line)?[\s(]{1,4}(?:--?\s)?\\{0,3}[\"'](?P<secret>[^\"'\n\\$]{2,256})",
    ),
)
