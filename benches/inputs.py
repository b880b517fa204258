"""Installations made up for benchmarks: the shape and size of real ones, words of our own, a few faults in each.

What an instance holds follows from its number alone, so two runs make the same bytes.
"""

import os
from pathlib import Path

CATALOG = Path(__file__).resolve().parent.parent / "catalog"

# Settings of an instance; a generated server.cnf of release 10.15 has about as many.
SETTINGS = 700

# Instances that share an installation, and installations that share a folder.
PER_INSTALLATION = 4
PER_FOLDER = 50


def escaped(value):
    """A value as java.util.Properties.store writes it."""
    for char in "\\=:#!":
        value = value.replace(char, "\\" + char)
    return value


# What a server writes about TLS, and what one before 10.15 writes besides.
TLS = {
    "watt.net.jsse.client.disabledProtocols": "SSLv2Hello,SSLv3,TLSv1,TLSv1.1",
    "watt.net.jsse.server.disabledProtocols": "SSLv2Hello,SSLv3,TLSv1,TLSv1.1",
    "watt.net.jsse.client.enabledCipherSuiteList": "default",
    "watt.net.jsse.server.enabledCipherSuiteList": "default",
    "watt.net.ssl.client.hostnameverification": "true",
}
TLS_BEFORE_1015 = {
    "watt.net.ssl.client.useJSSE": "true",
    "watt.net.ssl.ftps.client.useJSSE": "true",
    "watt.net.ssl.email.client.useJSSE": "true",
}


def settings():
    """Settings of the catalog that 10.11 and 10.15 read, with a value that is right for each."""
    twins = {line.split("\t")[0] for line in (CATALOG / "watt-twins.tsv").read_text().splitlines()}
    rows = {}
    for line in (CATALOG / "watt.tsv").read_text().splitlines()[1:]:
        if line.startswith("#"):
            continue
        name, kind, default, shipped, unit, since, until, seen, status, *rest = line.split("\t")
        if "10.11 10.15" not in seen or status != "-" or until or since > "10.11" or name in twins:
            continue
        if name.startswith(("watt.net.ssl", "watt.net.jsse", "watt.security.saml")) or "assword" in name:
            continue
        if default and default[0] not in "?=(":
            value = default
        elif shipped and shipped != '""':
            value = shipped
        elif kind.startswith("bool"):
            value = "false"
        elif kind.endswith("?") or kind in ("string", "list", "file", "url"):
            value = ""
        else:
            continue
        rows[name] = value
    # A site adds names of its own until there are as many as in a real file.
    number = 0
    while len(rows) < SETTINGS - len(TLS):
        rows[f"watt.bench.feature{number:03}.limit"] = str(number * 10)
        number += 1
    return dict(list(rows.items())[: SETTINGS - len(TLS)]) | TLS


BASE = settings()
OWN = ";".join(["watt.bench.node", *(name for name in BASE if name.startswith("watt.bench."))])

# Each fault changes the settings, the options or the ports of an instance. The number of the instance picks three.
FAULTS = [
    ("settings", {"watt.net.ssl.client.useJSSE": "false"}),
    ("settings", {"watt.server.threadPol": "75"}),
    ("settings", {"watt.server.http.returnException": "sometimes"}),
    ("settings", {"watt.net.jsse.server.enabledCipherSuiteList": "TLS_RSA_WITH_3DES_EDE_CBC_SHA,SSL_RSA_WITH_RC4_128_SHA"}),
    ("settings", {"watt.net.jsse.client.disabledProtocols": "SSLv3"}),
    ("settings", {"watt.server.HTTP.securityRealm": "Bench"}),
    ("options", ["wrapper.java.additional.402=-Djavax.net.debug=ssl"]),
    ("options", ["wrapper.java.additional.403=-Dhttps.protocols=TLSv1,TLSv1.2", "wrapper.java.additional.403=-Dbench=1"]),
    ("options", ['wrapper.java.additional.404=-Dbench.home="/srv/bench"']),
    ("ports", {"jsseEnabledProtocols": "TLSv1,TLSv1.2"}),
    ("ports", {"useJSSE": "false"}),
]

WRAPPER_HEAD = """#encoding=UTF-8
# Made for benchmarks
set.BENCH_AREA=/srv/bench/profiles/IS_{name}
wrapper.lang.folder=../../bench/lang
wrapper.java.command=/srv/bench/jvm/jvm/bin/java
wrapper.java.mainclass=org.example.bench.Start
wrapper.ignore_sequence_gaps=TRUE
"""

CUSTOM = """#encoding=UTF-8
wrapper.app.parameter.2=4
wrapper.app.parameter.5=-service
wrapper.app.parameter.6=bench{name}
wrapper.java.additional.100=-server
wrapper.java.additional.105=-Djava.security.properties=config/security/webm_override_java.security
wrapper.java.additional.201=-DWM_HOME=/srv/bench
wrapper.java.additional.202=-Dwatt.server.prepend.classes=
wrapper.java.additional.203=-Dwatt.server.append.classes=
wrapper.java.additional.302=-Djava.awt.headless=true
wrapper.java.initmemory=512
wrapper.java.maxmemory=2048
wrapper.ping.timeout=300
wrapper.shutdown.timeout=300
wrapper.working.dir=/srv/bench/IntegrationServer/instances/{name}

# Options of this server
wrapper.java.additional.400=-Djdk.tls.ephemeralDHKeySize=2048
"""


OVERRIDE = """# Made for benchmarks: what takes the place of the JVM's own lists
jdk.tls.disabledAlgorithms=SSLv3, TLSv1, TLSv1.1, RC4, DES, MD5withRSA, DH keySize < 1024, anon, NULL
jdk.certpath.disabledAlgorithms=MD2, MD5, SHA1 jdkCA & usage TLSServer, RSA keySize < 1024
"""


def wrapper(name):
    """A wrapper.conf: libraries, parameters and the comments that fill most of a real one."""
    lines = [WRAPPER_HEAD.format(name=name)]
    lines += [f"wrapper.java.classpath.{n}=%BENCH_AREA%/lib/part{n:02}.jar" for n in range(1, 25)]
    for n in range(1, 10):
        lines.append(f"# The option that switches part {n} of this made-up server on, with the folder it works in;")
        lines.append("# whoever changes it has to change the folder of the same name beside it too.")
        lines.append(f'wrapper.java.additional.{n}=-Dbench.part{n}="%BENCH_AREA%/part{n}"')
        lines.append(f"wrapper.java.additional.{n}.stripquotes=TRUE")
    for n in range(1, 40):
        lines.append(f"# Whether, and after how many seconds, step {n} of the start is given up")
        lines.append(f"#wrapper.bench.step{n}.timeout=60")
    lines.append("wrapper.logfile=%BENCH_AREA%/logs/wrapper.log")
    lines.append("wrapper.logfile.maxsize=10m")
    lines.append("#include %BENCH_AREA%/configuration/custom_wrapper.conf")
    return "\n".join(lines) + "\n"


def port(number, protocol, extra):
    fields = {
        "protocol": protocol,
        "pkg": "WmRoot",
        "enabled": "true",
        "key": f"{protocol}Listener@{number}",
        "portAlias": f"Bench{number}",
        "portDescription": "A port made for benchmarks",
        "factoryKey": "webMethods/HTTP",
        "configURL": "/WmRoot/configHTTP.dsp",
        "provider": "webMethods",
        "listenerType": "Regular",
        "clientAuth": "none",
        "ssl": "true" if protocol == "HTTPS" else "false",
        "maxQueue": "65534",
        "keepAliveTimeout": "20000",
        "curDelay": "0",
        "suspended": "false",
    }
    if protocol == "HTTPS":
        fields |= {"keyStore": "BENCH_KEYS", "alias": "bench", "trustStore": "BENCH_TRUST", "useJSSE": "true"} | extra
    lines = [f'    <record name="{protocol}Listener@{number}" javaclass="com.wm.util.Values">']
    lines.append(f'      <number name="port" type="Integer">{number}</number>')
    lines += [f'      <value name="{name}">{value}</value>' for name, value in fields.items()]
    lines += ['      <null name="idProvider"/>', "    </record>"]
    return lines


def ports(extra):
    """A listeners.cnf: six ports, and for each the services it allows, which are most of a real one."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', "", '<Values version="2.0">']
    lines.append('  <record name="listeners" javaclass="com.wm.util.Values">')
    numbers = range(5543, 5549)
    for number in numbers:
        lines += port(number, "HTTPS" if number % 2 else "HTTP", extra if number == 5543 else {})
    lines += ["  </record>", '  <record name="access" javaclass="com.wm.util.Values">']
    for number in numbers:
        lines.append(f'    <array name="bench{number}" type="value" depth="1">')
        lines += [f"      <value>bench.port{number}.services:allowed{n:02}</value>" for n in range(40)]
        lines.append("    </array>")
    lines += ["  </record>", "</Values>"]
    return "\n".join(lines) + "\n"


def properties(rows):
    head = "#webMethods Integration Server Configuration\n#Tue Nov 03 08:15:00 CET 2026\n"
    return head + "".join(f"{name}={escaped(value)}\n" for name, value in sorted(rows.items()))


def instance(number):
    """The files of an instance: path from the root of the tree, and text."""
    name = f"node{number:05}"
    installation = number // PER_INSTALLATION
    home = f"folder{installation // PER_FOLDER:03}/host{installation:05}"
    rows, options, extra = dict(BASE), [], {}
    rows["watt.server.extendedSettingsList"] = OWN
    rows["watt.bench.node"] = f"{name}.example.org"
    release = ["10.11.0", "10.15.0"][number % 2]
    if release == "10.11.0":
        rows |= TLS_BEFORE_1015
    for pick in range(3):
        kind, what = FAULTS[(number * 5 + pick * 4) % len(FAULTS)]
        if kind == "settings":
            rows |= what
        elif kind == "options":
            options += what
        else:
            extra |= what
    server = f"{home}/IntegrationServer/instances/{name}"
    profile = f"{home}/profiles/IS_{name}/configuration"
    return {
        f"{server}/bin/ini.cnf": f"application.name=Bench\napplication.version={release}\n",
        f"{server}/config/security/webm_override_java.security": OVERRIDE,
        f"{server}/config/server.cnf": properties(rows),
        f"{server}/packages/WmRoot/config/listeners.cnf": ports(extra),
        f"{profile}/custom_wrapper.conf": CUSTOM.format(name=name) + "".join(line + "\n" for line in options),
        f"{profile}/wrapper.conf": wrapper(name),
    }


def write_tree(root, instances):
    """Writes a tree of instances; gives the files, sorted, and their bytes."""
    paths, size = [], 0
    for number in range(instances):
        for path, text in instance(number).items():
            path = os.path.join(root, path)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8", newline="") as out:
                size += out.write(text)
            paths.append(path)
    return sorted(paths), size


def write_big(root, keys):
    """Writes one server.cnf of many keys: those of the catalog, then a site's own."""
    rows = dict(BASE)
    number = 0
    while len(rows) < keys:
        rows[f"watt.bench.area{number % 100:02}.service{number:06}.timeout"] = str(number)
        number += 1
    return write_one(root, properties(rows))


def write_faulty(root, findings):
    """Writes one server.cnf with so many findings: misspelt names, wrong values and blanks at the ends."""
    lines = []
    for number in range(findings):
        if number % 2:
            lines.append(f"watt.bench.area{number % 100:02}.service{number:06}.timeout=10 \n")
        else:
            lines.append(f"watt.bench.area{number % 100:02}.service{number:06}.timeout==10\n")
    return write_one(root, "".join(lines))


def write_log(path, size):
    """Writes a wrapper.log of about `size` bytes in which one line in fifty speaks of ssl_debug."""
    with open(path, "w", encoding="utf-8") as out:
        written, number = 0, 0
        while written < size:
            lines = []
            for _ in range(1000):
                number += 1
                stamp = f"2026/11/03 08:{number // 60 % 60:02}:{number % 60:02}.{number % 1000:03}"
                if number % 50 == 0:
                    text = f"ssl_debug({number}): Sending v3 client_hello message to host{number % 97}.example.org, requesting version 3.3..."
                else:
                    text = f"[ISS.0028.{number % 10000:04}I] Bench service run {number} took {number % 313} ms on thread {number % 75}"
                lines.append(f"INFO   | jvm 1    | {stamp} | {text}\n")
            written += out.write("".join(lines))
    return written


def write_one(root, text):
    path = os.path.join(root, "config", "server.cnf")
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8", newline="") as out:
        size = out.write(text)
    return [path], size
