import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Properties;

/** Reads hexadecimal files, one a line, and prints what java.util.Properties makes of each, one line a file. */
public class LoadProperties {
    /** Notes every pair in the order it is loaded, duplicates too. */
    static final class Recorder extends Properties {
        final StringBuilder seen = new StringBuilder();

        @Override
        public synchronized Object put(Object key, Object value) {
            seen.append(hex((String) key)).append('=').append(hex((String) value)).append(' ');
            return super.put(key, value);
        }
    }

    static String hex(String text) {
        StringBuilder out = new StringBuilder();
        for (char c : text.toCharArray()) {
            out.append(String.format("%04x", (int) c));
        }
        return out.toString();
    }

    public static void main(String[] args) throws Exception {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            byte[] bytes = new byte[line.length() / 2];
            for (int i = 0; i < bytes.length; i++) {
                bytes[i] = (byte) Integer.parseInt(line.substring(2 * i, 2 * i + 2), 16);
            }
            Recorder recorder = new Recorder();
            String end = "";
            try {
                recorder.load(new ByteArrayInputStream(bytes));
            } catch (IllegalArgumentException e) {
                end = "!";
            }
            System.out.println(recorder.seen + end);
        }
    }
}
