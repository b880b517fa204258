//! Several files in one input: a line `=== PATH` begins each; what stands before the first is the head.

/// Marks a secret: no output may hold it.
pub const CANARY: &str = "CaNaRy42";

/// The parts of an input.
pub struct Files<'d> {
    /// Words before the first file.
    pub head: String,
    /// Path and content of each file.
    pub files: Vec<(String, std::borrow::Cow<'d, [u8]>)>,
}

/// More files only make a run slow.
const MOST: usize = 12;

const MARK: &[u8] = b"=== ";

/// Parts an input. A line that is only `@` becomes a line with a secret, in the words of the file it stands in.
pub fn parse(data: &[u8]) -> Files<'_> {
    let mut starts: Vec<usize> = Vec::new();
    let mut at = 0;
    for line in data.split_inclusive(|&b| b == b'\n') {
        if line.starts_with(MARK) {
            starts.push(at);
        }
        at += line.len();
    }
    let head = &data[..starts.first().copied().unwrap_or(data.len())];
    let ends = starts.iter().skip(1).copied().chain([data.len()]);
    let files = starts.iter().zip(ends).take(MOST).map(|(&start, end)| {
        let part = &data[start + MARK.len()..end];
        let line = part.iter().position(|&b| b == b'\n').unwrap_or(part.len());
        let path = String::from_utf8_lossy(&part[..line]).trim().to_owned();
        let text = part.get(line + 1..).unwrap_or_default();
        let text = with_secrets(&path, text);
        (path, text)
    });
    Files { head: String::from_utf8_lossy(head).into_owned(), files: files.collect() }
}

fn with_secrets<'d>(path: &str, text: &'d [u8]) -> std::borrow::Cow<'d, [u8]> {
    let marked = |line: &[u8]| line == b"@\n" || line == b"@\r\n";
    if !text.split_inclusive(|&b| b == b'\n').any(marked) {
        return text.into();
    }
    let secret = match path.rsplit('/').next().unwrap_or_default() {
        "listeners.cnf" => format!("<value name=\"password\">{CANARY}</value>\n"),
        "setenv.sh" => format!("JAVA_CUSTOM_OPTS=\"$JAVA_CUSTOM_OPTS -Dacme.password={CANARY}\"\n"),
        "setenv.bat" => format!("set JAVA_CUSTOM_OPTS=%JAVA_CUSTOM_OPTS% -Dacme.password={CANARY}\r\n"),
        name if name.ends_with("wrapper.conf") => {
            format!("set.ACME_PASSWORD={CANARY}\nwrapper.java.additional.450=-Dacme.password={CANARY}\n")
        }
        _ => format!("watt.acme.password={CANARY}\n"),
    };
    let lines = text.split_inclusive(|&b| b == b'\n');
    lines.map(|line| if marked(line) { secret.as_bytes() } else { line }).collect::<Vec<_>>().concat().into()
}
