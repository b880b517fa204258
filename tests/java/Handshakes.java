import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManagerFactory;

/**
 * Real handshakes of this JVM's JSSE, for the tests that hold wattlint's predictions against them. Runs on Java 8 and
 * later.
 *
 * <p>{@code peer KEYS}: prints its port, then plays the other side of every connection as the connection asks. Started
 * with nothing disabled. {@code local KEYS PORT}: reads cases from standard input, a line each, shakes hands with the
 * peer at that port, and prints what came of each. Its own security properties are what is tried. {@code describe}:
 * prints what the JVM does by itself.
 *
 * <p>A case is eleven fields with tabs between: the local side's role, protocols, suites, order, keys and whether it
 * asks for a certificate, and the same for the other side (role left out); "-" is the default of the JVM. An answer
 * is "ok", protocol and suite, or "failed" and the exception.
 */
public class Handshakes {
    private static final String HOST = "peer.example.org";
    private static final int TIMEOUT = 20_000;
    private static Path keys;
    private static int connections;
    private static final Map<String, SSLContext> contexts = new HashMap<>();

    public static void main(String[] arguments) throws Exception {
        switch (arguments[0]) {
            case "peer":
                keys = Paths.get(arguments[1]);
                peer();
                break;
            case "local":
                keys = Paths.get(arguments[1]);
                local(Integer.parseInt(arguments[2]));
                break;
            default:
                describe();
        }
    }

    private static void peer() throws Exception {
        ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        System.out.println(listener.getLocalPort());
        System.out.flush();
        // Ends with whoever started it.
        Thread watch = new Thread(() -> {
            try {
                while (System.in.read() >= 0) { }
            } catch (IOException ended) {
                // As good as an end.
            }
            System.exit(0);
        });
        watch.setDaemon(true);
        watch.start();
        while (true) {
            Socket socket = listener.accept();
            Thread thread = new Thread(() -> answer(socket));
            thread.setDaemon(true);
            thread.start();
        }
    }

    private static void answer(Socket socket) {
        try (Socket closed = socket) {
            socket.setSoTimeout(TIMEOUT);
            socket.setTcpNoDelay(true);
            String[] fields = line(socket.getInputStream()).split("\t", -1);
            shakeHands(engine(fields[0], fields[1], fields[2], fields[3], fields[4], fields[5]), socket);
        } catch (Exception failed) {
            // The local side tells what it saw.
        }
    }

    private static void local(int port) throws Exception {
        BufferedReader cases = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        StringBuilder answers = new StringBuilder();
        for (String text = cases.readLine(); text != null; text = cases.readLine()) {
            String[] fields = text.split("\t", -1);
            String other = fields[0].equals("client") ? "server" : "client";
            String request = other + "\t" + String.join("\t", Arrays.asList(fields).subList(6, 11)) + "\n";
            try {
                SSLEngine engine = engine(fields[0], fields[1], fields[2], fields[3], fields[4], fields[5]);
                try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                    socket.setSoTimeout(TIMEOUT);
                    socket.setTcpNoDelay(true);
                    socket.getOutputStream().write(request.getBytes(StandardCharsets.UTF_8));
                    shakeHands(engine, socket);
                }
                answers.append("ok\t").append(engine.getSession().getProtocol());
                answers.append('\t').append(engine.getSession().getCipherSuite()).append('\n');
            } catch (Throwable failed) {
                answers.append("failed");
                for (Throwable cause = failed; cause != null; cause = cause.getCause()) {
                    answers.append(cause == failed ? "\t" : " <- ").append(String.valueOf(cause).replaceAll("\\s+", " "));
                }
                answers.append('\n');
            }
        }
        System.out.print(answers);
    }

    private static void describe() throws Exception {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, null, null);
        System.out.println("version\t" + System.getProperty("java.version"));
        System.out.println("supported\t" + String.join(" ", context.getSupportedSSLParameters().getProtocols()));
        for (boolean client : new boolean[] {true, false}) {
            SSLEngine engine = context.createSSLEngine();
            engine.setUseClientMode(client);
            String side = client ? "client" : "server";
            System.out.println(side + "\t" + String.join(" ", engine.getEnabledProtocols()));
            System.out.println(side + " suites\t" + String.join(" ", engine.getEnabledCipherSuites()));
            System.out.println(side + " order\t" + engine.getSSLParameters().getUseCipherSuitesOrder());
        }
        System.out.println("supported suites\t" + String.join(" ", context.getSupportedSSLParameters().getCipherSuites()));
        for (String name : new String[] {"jdk.tls.disabledAlgorithms", "jdk.certpath.disabledAlgorithms", "jdk.tls.legacyAlgorithms"}) {
            System.out.println(name + "\t" + java.security.Security.getProperty(name));
        }
    }

    /** An engine with lists set just as they are given. */
    private static synchronized SSLEngine engine(String role, String protocols, String suites, String order, String held, String asks)
            throws Exception {
        SSLContext context = contexts.get(held);
        if (context == null) {
            context = context(held);
            contexts.put(held, context);
        }
        // A port of its own each time: a session of an earlier case must not be resumed.
        connections++;
        SSLEngine engine = context.createSSLEngine(HOST, connections % 65535);
        engine.setUseClientMode(role.equals("client"));
        if (!protocols.equals("-")) {
            engine.setEnabledProtocols(protocols.split(",", -1));
        }
        if (!suites.equals("-")) {
            engine.setEnabledCipherSuites(suites.split(",", -1));
        }
        if (!order.equals("-")) {
            SSLParameters parameters = engine.getSSLParameters();
            parameters.setUseCipherSuitesOrder(order.equals("server"));
            engine.setSSLParameters(parameters);
        }
        if (asks.equals("need")) {
            engine.setNeedClientAuth(true);
        } else if (asks.equals("want")) {
            engine.setWantClientAuth(true);
        }
        return engine;
    }

    private static SSLContext context(String held) throws Exception {
        CertificateFactory factory = CertificateFactory.getInstance("X.509");
        X509Certificate authority = (X509Certificate) factory.generateCertificate(new ByteArrayInputStream(pem("ca.crt")));
        KeyStore trusted = KeyStore.getInstance("JKS");
        trusted.load(null, null);
        trusted.setCertificateEntry("ca", authority);
        TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
        trust.init(trusted);
        KeyManager[] managers = null;
        if (!held.equals("-")) {
            KeyStore own = KeyStore.getInstance("JKS");
            own.load(null, null);
            for (String name : held.split(",")) {
                String algorithm = name.startsWith("ec") ? "EC" : "RSA";
                String size = name.substring(0, name.indexOf('-'));
                PrivateKey key = KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(pem(size + ".key")));
                Certificate leaf = factory.generateCertificate(new ByteArrayInputStream(pem(name + ".crt")));
                own.setKeyEntry(name, key, new char[0], new Certificate[] {leaf, authority});
            }
            KeyManagerFactory keyManagers = KeyManagerFactory.getInstance("SunX509");
            keyManagers.init(own, new char[0]);
            managers = keyManagers.getKeyManagers();
        }
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(managers, trust.getTrustManagers(), null);
        return context;
    }

    private static byte[] pem(String name) throws IOException {
        String text = new String(Files.readAllBytes(keys.resolve(name)), StandardCharsets.US_ASCII);
        return Base64.getMimeDecoder().decode(text.replaceAll("-----[^-]*-----", ""));
    }

    private static String line(InputStream in) throws IOException {
        StringBuilder text = new StringBuilder();
        for (int next = in.read(); next != '\n'; next = in.read()) {
            if (next < 0) {
                throw new EOFException();
            }
            text.append((char) next);
        }
        return text.toString();
    }

    /** The handshake, and a byte each way: in TLS 1.3 a refusal may come after one side thinks it is done. */
    private static void shakeHands(SSLEngine engine, Socket socket) throws IOException {
        InputStream in = socket.getInputStream();
        OutputStream out = socket.getOutputStream();
        ByteBuffer received = ByteBuffer.allocate(engine.getSession().getPacketBufferSize() * 2);
        received.flip();
        ByteBuffer toSend = ByteBuffer.allocate(engine.getSession().getPacketBufferSize() * 2);
        ByteBuffer hello = ByteBuffer.wrap(new byte[] {1});
        ByteBuffer answer = ByteBuffer.allocate(engine.getSession().getApplicationBufferSize() * 2);
        try {
            engine.beginHandshake();
            while (true) {
                switch (engine.getHandshakeStatus()) {
                    case NEED_TASK:
                        for (Runnable task = engine.getDelegatedTask(); task != null; task = engine.getDelegatedTask()) {
                            task.run();
                        }
                        continue;
                    case NEED_WRAP:
                        send(engine, ByteBuffer.allocate(0), toSend, out);
                        continue;
                    case NOT_HANDSHAKING:
                        if (hello.hasRemaining()) {
                            send(engine, hello, toSend, out);
                            continue;
                        }
                        break;
                    default:
                }
                if (answer.position() > 0) {
                    return;
                }
                SSLEngineResult result = engine.unwrap(received, answer);
                if (result.getStatus() == SSLEngineResult.Status.CLOSED) {
                    throw new EOFException("closed by the other side");
                }
                if (result.getStatus() == SSLEngineResult.Status.BUFFER_UNDERFLOW) {
                    received.compact();
                    int count = in.read(received.array(), received.position(), received.remaining());
                    if (count < 0) {
                        throw new EOFException("closed by the other side");
                    }
                    received.position(received.position() + count);
                    received.flip();
                }
            }
        } catch (IOException | RuntimeException failed) {
            // The alert that says why.
            try {
                for (int i = 0; i < 5 && engine.getHandshakeStatus() == SSLEngineResult.HandshakeStatus.NEED_WRAP; i++) {
                    send(engine, ByteBuffer.allocate(0), toSend, out);
                }
            } catch (IOException closed) {
                // The other side is gone.
            }
            throw failed;
        }
    }

    private static void send(SSLEngine engine, ByteBuffer data, ByteBuffer toSend, OutputStream out) throws IOException {
        toSend.clear();
        engine.wrap(data, toSend);
        toSend.flip();
        out.write(toSend.array(), 0, toSend.limit());
        out.flush();
    }
}
