"""Secrets told by what stands before them in URLs, connection strings, headers and files of programs."""

from __future__ import annotations

import re

from shared.redact.rules import NAMED, QUOTED, VALUE, Rule, context, is_no_code, is_no_word
from shared.redact.values import is_told, looks_random
from shared.redact.wrapped import holds_credentials

_SOURCE_FILE = (
    r"[^\s:]{1,128}\.(?:py|[cm]?[jt]sx?|go|rs|c|h|cc|cpp|java|rb|ya?ml|json|md|txt|toml|sh|log|s?css|html|sql|xml|cfg"
    r"|ini|lock):"
)
_DATABASES = (
    r"(?:postgres(?:ql)?|mysql|mariadb|mongodb(?:\+srv)?|rediss?|amqps?|mssql|sqlserver|clickhouse)(?:\+\w{1,20})?"
)


def _is_token(value: str) -> bool:
    return bool(re.match(r"[\"']?[A-Za-z0-9+/$]", value)) and is_no_code(value)


CONTEXTS: tuple[Rule, ...] = (
    context(
        "url password",
        "@",
        r":(?:\\{0,7}/){2}[^\s:/@\"'<>]{0,256}:(?P<secret>[^\s\"'<>]{1,512})@(?=[\w.\[-])",
        lambda value: not re.match(r"\d{1,5}\\{0,7}/", value),
    ),
    # Where a port has a database behind it, `1234/5` before an `@` is a password all the same.
    context(
        "url password",
        "@",
        rf"(?:{_DATABASES})://(?!localhost:)[^\s.:/@\"'<>]{{0,64}}:(?P<secret>\d{{1,5}}/[^\s\"'<>?]{{0,128}})@(?=[\w.\[-])",
    ),
    # A password with spaces or quotes in it: the host behind the `@` tells that it is one.
    context(
        "url password",
        "@",
        r":(?:\\{0,7}/){2}[^\s:/@\"'<>\[]{0,64}:"
        r"(?P<secret>(?!\d{1,5}[\s/,.;)])[^\s\"'<>$@/{][^\n@/<>]{0,64})@(?=[\w.-]{1,253}(?::\d{1,5})?\\{0,7}[/?])",
    ),
    context(
        "url password",
        "%40",
        r"%3a%2f%2f(?:(?!%3a|%40|%2f)[\w.%~+-]){0,128}%3a(?P<secret>(?:(?!%40)[\w.%~+-]){1,256})%40",
    ),
    context("url token", "@", r"://(?P<secret>[^\s:/@\"'<>]{8,256}):(?:x-oauth-basic)?@(?=[\w.\[-])"),
    context("url password", "//", r"//[^\s:/@\"'<>]{1,64}:(?P<secret>[^\s/\"'<>@]{1,256})@(?=[\w.\[-])"),
    context(
        "url token",
        "@",
        r"://(?P<secret>(?=[^\s@/]{0,512}\d)[a-z0-9_.~%-]{12,512})@(?=[\w.\[-])",
    ),
    context(
        "connection string",
        "@tcp( @unix( @/",
        r"(?<![\w/:.-])[\w.-]{1,64}:(?P<secret>[^\s:@/\"'<>]{1,256})@(?:tcp\(|unix\(|/\w)",
    ),
    context("connection string", "jdbc:oracle", r"jdbc:oracle:\w{1,8}:[\w.-]{1,64}/(?P<secret>[^\s@\"']{1,256})@"),
    context("connection string", ";", r";\s{0,4}(?:password|pwd)\s{0,4}=\s{0,4}(?P<secret>\{[^}\n]{1,256}\})"),
    context(
        "authorization header",
        "authorization",
        rf"authorization(?:{QUOTED})?\]?\s{{0,4}}[:=,]\s{{0,8}}(?:[bfru]{{0,2}}{QUOTED})?\s{{0,4}}"
        r"(?:digest|oauth|hawk|mac|googlelogin|signature|aws4-hmac-\S{1,20}|token(?=\s+token=)|sharedaccesssignature)"
        r"\s+(?P<secret>(?=[^\r\n]{0,2000}=)[^\r\n']{4,4000})",
    ),
    context(
        "authorization header",
        "authorization",
        rf"authorization(?:{QUOTED})?\]?\s{{0,4}}[:=,]\s{{0,8}}(?:[bfru]{{0,2}}{QUOTED})?\s{{0,4}}"
        r"(?:bearer|basic|token|negotiate|ntlm|api-?key|key|splunk|ssws|geniekey|jwt|[a-z]{2,20}-api-?key|sharedkey)"
        r"(?:\s{1,8}|%20|\+)(?P<secret>[^\s\"'\\,;<>]{4,})",
        is_no_code,
    ),
    context(
        "authorization header",
        "authorization",
        rf"authorization(?:{QUOTED})?\]?\s{{0,4}}[:=,]\s{{0,8}}(?:[bfru]{{0,2}}{QUOTED})?\s{{0,4}}"
        r"(?:[a-z][\w-]{1,30}\s{1,4}(?=[^\s\"'\\,;<>]*\d))?(?!aws4-)(?P<secret>[^\s\"'\\,;<>]{4,})",
        lambda value: is_no_code(value) and not re.fullmatch(r"[A-Za-z-]+`?", value),
    ),
    context(
        "bearer token", "bearer", r"bearer\s+(?P<secret>(?=\S{0,512}[\d_.+/=-])[a-z0-9_.~+/=-]{16,})", starts_word=True
    ),
    context(
        "basic credentials",
        "basic",
        r"basic\s+(?P<secret>[a-z0-9+/]{6,}={0,2})(?![\w-])",
        lambda value: holds_credentials(value) or (len(value) >= 16 and bool(re.search(r"[\d=A-Z]", value))),
        starts_word=True,
    ),
    context(
        "basic credentials",
        "auth plain auth login",
        r"auth (?:plain|login) (?P<secret>[a-z0-9+/]{8,}={0,2})(?![\w-])",
        lambda value: value.endswith("=") or bool(re.search(r"\d", value)),
        starts_word=True,
    ),
    context(
        "cookie",
        "cookie",
        r"cookie\\?[\"']?\s*[:=]\s*\\?[\"']?(?P<secret>[^\s\"'\\=;,(){}]{1,256}=(?:\\?\"[^\"\n\\]+|[^\r\n\"'\\]+))",
        lambda value: "=" in value.strip("="),
    ),
    context(
        "cookie",
        "phpsessid jsessionid asp.net_sessionid connect.sid csrftoken xsrf-token _session __secure- __host-",
        r"(?:phpsessid|jsessionid|asp\.net_sessionid|connect\.sid|csrftoken|xsrf-token|_?(?:gitlab|laravel|rails)_session"
        r"|__(?:secure|host)-[\w.-]{1,64})=(?P<secret>[^\s;\"'&,\\]{8,4096})",
    ),
    context(
        "cookie",
        "cookies",
        r"cookies\\?[\"']?\s{0,4}[=:]\s{0,4}\{\s{0,8}\\?[\"'][^\"'\n]{1,64}\\?[\"']\s{0,4}:\s{0,4}\\?[\"']"
        r"(?P<secret>[^\"'\\\n]{4,4096})",
        is_no_code,
    ),
    context(
        "header",
        "-h --header",
        r"(?:(?<=\s)|(?<=[\"']))(?:-h|--header)(?:\s|=|\\{0,7}[\"'],?|,){0,8}(?P<quote>\\{0,7}[\"'])[\w-]{0,64}"
        r"(?:key|token|secret|password|passwd|auth|session|signature|credentials?)"
        r"\s{0,4}:\s{0,4}(?P<secret>(?:(?!(?P=quote))[^\n\"']){3,4096})(?P=quote)",
        is_no_code,
    ),
    context(
        "header",
        ":",
        r"(?<![\w-])x-[\w-]{0,40}(?:key|token|secret|password|signature):(?P<secret>[^\s\"'`,;]{4,512})",
        is_no_code,
    ),
    context(
        "pgpass line",
        ":",
        rf"(?:(?<![^\s\"'])|(?<=\\n))(?!(?:[0-9a-f]{{0,4}}:){{4,7}}[0-9a-f]{{0,4}}(?![\w:]))(?!{_SOURCE_FILE})"
        r"[\w.*-]{1,128}:(?:\d{4,5}|\*):(?!\d{1,5}:)[^\s:\"']{1,64}:[^\s:\"']{1,64}:(?P<secret>[^\s\"']{3,256})",
        lambda value: not re.fullmatch(r"[\d:*.]+", value),
    ),
    context(
        "npm token",
        "_auth",
        rf"_auth(?:token)?(?:[ \t]{{0,4}}=[ \t]{{0,4}}|[ \t]{{1,4}}){VALUE}",
        _is_token,
        starts_word=True,
    ),
    context(
        "call with credentials",
        "basic digest login authenticate .auth( credential",
        rf"(?:basic_?auth|digest_?auth|proxy_?auth|\.login|\blogin|authenticate|\.auth|credentials?)\(\s{{0,8}}{QUOTED}[^\"'`\n]{{1,128}}{QUOTED}"
        rf"\s{{0,4}},\s{{0,8}}(?:some\()?{QUOTED}(?P<secret>[^\"'`\n\\]{{3,256}}){QUOTED}",
        is_no_code,
    ),
    context(
        "call with credentials",
        "auth",
        rf"auth{QUOTED}?\s{{0,4}}[=:]\s{{0,4}}[(\[]\s{{0,8}}{QUOTED}[^\"'`\n]{{1,128}}{QUOTED}"
        rf"\s{{0,4}},\s{{0,8}}{QUOTED}(?P<secret>[^\"'`\n\\]{{3,256}}){QUOTED}",
        is_no_code,
    ),
    context(
        "bearer token",
        "bearer",
        r"bearer\s{0,4}[\"']\s{0,4}[+.]\s{0,4}[\"'](?P<secret>[^\"'\n]{6,4096})[\"']",
        is_no_code,
    ),
    context(
        "default value",
        "|| ?? ?:",
        rf"(?:{NAMED}|_pass|_pwd)[\"'\])]{{0,4}}\s{{0,4}}(?:\|\|=?|\?\?=?|\?:)\s{{0,4}}(?P<quote>[\"'])"
        r"(?P<secret>(?:(?!(?P=quote))[^\n]){3,4096})(?P=quote)",
        is_no_code,
    ),
    context(
        "default value",
        "setdefault setenv putenv setproperty getenv environ.get env.fetch",
        rf"(?:setdefault|setenv|putenv|setproperty|getenv|environ\.get|env\.fetch)\(\s{{0,8}}{QUOTED}[\w.-]{{0,80}}{NAMED}{QUOTED}"
        rf"\s{{0,4}},\s{{0,8}}{QUOTED}(?P<secret>[^\"'`\n\\]{{3,4096}}){QUOTED}",
        is_no_code,
    ),
    context(
        "typed password",
        ".fill( .type( .setvalue( .press",
        r"\.(?:fill|type|setvalue|press_?sequentially)\(\s{0,4}(?P<quote>[\"'`])(?:(?!(?P=quote))[^\n]){0,100}?(?:pass|pwd|secret|token)"
        r"(?:(?!(?P=quote))[^\n]){0,60}(?P=quote)\s{0,4},\s{0,8}[\"'`](?P<secret>[^\"'`\n]{3,256})[\"'`]",
        is_no_code,
    ),
    context(
        "typed password",
        "send_keys sendkeys .type( .fill( .val(",
        r"(?:pass|pwd|secret|token)[^\n;()]{0,40}[\"'`]\)\s{0,4}(?:\.clear\(\))?\.(?:send_?keys|type|fill|setvalue|val)\(\s{0,4}"
        r"[\"'`](?P<secret>[^\"'`\n]{3,256})[\"'`]",
        is_no_code,
    ),
    context(
        "compared password",
        "==",
        r"(?:password|passwd|passphrase|\bpwd)[\"'\])]{0,3}\s{0,4}={2,3}\s{0,4}(?P<quote>[\"'])(?P<secret>(?:(?!(?P=quote))[^\n]){3,256})(?P=quote)",
        is_told,
    ),
    context(
        "literal password",
        "string char",
        rf"(?:string\s{{1,4}}\w{{0,40}}{NAMED}\s{{0,4}}[({{]|char\s{{1,4}}\w{{0,40}}(?:{NAMED}|pass|pwd?)\[\w{{0,8}}\]\s{{0,4}}=)\s{{0,4}}"
        r"\"(?P<secret>[^\"\n]{3,4096})\"",
        is_no_code,
    ),
    context(
        "sql password",
        "identified set password",
        r"(?:identified\s{1,8}by(?:\s{1,8}password)?\s{1,8}\"|set\s{1,8}password\s{1,8}for\s[^=\n]{1,128}=\s{0,8}')"
        r"(?P<secret>[^'\"\n]{1,256})[\"']",
    ),
    context(
        "secure string",
        "securestring",
        r"convertto-securestring\s{1,4}(?:-string\s{1,4})?(?P<secret>\"[^\"\n]{1,256}\"|'[^'\n]{1,256}')",
    ),
    context("pre-shared key", "psk", r"psk\s{0,4}=\s{0,4}(?P<secret>\"[^\"\n]{8,63}\"|[0-9a-f]{64})", starts_word=True),
    context(
        "netrc password",
        "machine default",
        r"(?:machine(?:\s|\\[nt]){1,8}\S{1,256}|default(?=(?:\s|\\[nt]){1,8}login))(?:(?:\s|\\[nt]){1,8}(?:login|account)(?:\s|\\[nt]){1,8}"
        r"[^\s\\]{1,256}){0,2}(?:\s|\\[nt]){1,8}password(?:\s|\\[nt]){1,8}(?P<secret>[^\s\\]+)",
    ),
    context(
        "netrc password",
        "login",
        r"login(?:\s|\\[nt]){1,8}[^\s\\]{1,256}(?:\s|\\[nt]){1,8}password(?:\s|\\[nt]){1,8}(?P<secret>[^\s\\]+)",
        is_no_word,
    ),
    context(
        "sql password",
        "password identified",
        r"(?:password|identified\s{1,8}by(?:\s{1,8}password)?)(?=[\s(=])\s{0,8}\(?\s{0,8}(?:=\s{0,8})?'(?P<secret>[^'\n]{1,256})'",
    ),
    context(
        "azure connection string",
        "key= sig= signature=",
        r"(?:accountkey|sharedaccesskey|sharedaccesssignature|sig|signature|x-amz-signature|x-goog-signature)="
        r"(?P<secret>[a-z0-9%+/=_-]{16,})",
    ),
    context(
        "aws secret key",
        "aws akia asia secret",
        r"(?:aws|akia[a-z0-9]{16}|asia[a-z0-9]{16}|secret)[^\n]{0,80}?(?<![a-z0-9/+=])"
        r"(?P<secret>[a-z0-9/+]{40})(?![a-z0-9/+=])",
        looks_random,
    ),
    context("twilio token", "ac", r"ac[0-9a-f]{32}[:\s,\"']{1,8}(?P<secret>[0-9a-f]{32})(?![0-9a-f])"),
    context("kubernetes key", "client-key-data", r"client-key-data\"?:\s{0,8}\"?(?P<secret>[a-z0-9+/=]{20,})"),
    context(
        "putty key",
        "private-lines",
        r"private-lines:\s{0,4}\d{1,4}\r?\n(?P<secret>(?:[a-z0-9+/=]{1,80}\r?\n){1,200})",
    ),
)
