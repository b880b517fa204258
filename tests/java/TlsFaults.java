import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

/**
 * Handshakes that fail in known ways, many at once, for the fixtures in tests/logs. Runs on Java 8 and later:
 * {@code java -Djavax.net.debug=ssl:handshake TlsFaults KEYS [FAULT]... 2>&1}. Without names all faults happen at the
 * same time, each on a thread of its own whose name is the fault's; the servers print too.
 */
public class TlsFaults {
    private static final String HOST = "peer.example.org";
    private static Path keys;

    private static final String[] FAULTS = {
        "ok", "untrusted", "hostname", "protocol", "suite", "no-client-cert", "plain", "closes", "timeout", "sni-unknown",
    };

    public static void main(String[] arguments) throws Exception {
        keys = Paths.get(arguments[0]);
        List<String> faults = new ArrayList<>();
        for (int i = 1; i < arguments.length; i++) {
            faults.add(arguments[i]);
        }
        if (faults.isEmpty()) {
            Collections.addAll(faults, FAULTS);
        }
        List<Thread> threads = new ArrayList<>();
        for (String fault : faults) {
            Thread thread = new Thread(() -> happen(fault), "client " + fault);
            threads.add(thread);
            thread.start();
        }
        for (Thread thread : threads) {
            thread.join();
        }
        System.exit(0);
    }

    private static void happen(String fault) {
        try (ServerSocket server = server(fault)) {
            Thread listener = new Thread(() -> serve(server, fault), "server " + fault);
            listener.setDaemon(true);
            listener.start();
            client(fault, server.getLocalPort());
            listener.join(2_000);
        } catch (Exception failure) {
            failure.printStackTrace();
        }
    }

    private static ServerSocket server(String fault) throws Exception {
        InetAddress loopback = InetAddress.getLoopbackAddress();
        if (fault.equals("plain") || fault.equals("closes") || fault.equals("timeout")) {
            return new ServerSocket(0, 5, loopback);
        }
        SSLServerSocket server = (SSLServerSocket) context(true, true).getServerSocketFactory().createServerSocket(0, 5, loopback);
        if (fault.equals("protocol")) {
            server.setEnabledProtocols(new String[] {"TLSv1.3"});
        }
        if (fault.equals("suite")) {
            server.setEnabledProtocols(new String[] {"TLSv1.2"});
            server.setEnabledCipherSuites(new String[] {"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"});
        }
        if (fault.equals("no-client-cert")) {
            server.setEnabledProtocols(new String[] {"TLSv1.2"});
            server.setNeedClientAuth(true);
        }
        if (fault.equals("sni-unknown")) {
            SSLParameters parameters = server.getSSLParameters();
            parameters.setSNIMatchers(Collections.singleton(SNIHostName.createSNIMatcher("only\\.example\\.org")));
            server.setSSLParameters(parameters);
        }
        return server;
    }

    private static void serve(ServerSocket server, String fault) {
        try (Socket socket = server.accept()) {
            if (fault.equals("plain")) {
                socket.getOutputStream().write("HTTP/1.1 400 Bad Request\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            } else if (fault.equals("timeout")) {
                Thread.sleep(20_000);
            } else if (!fault.equals("closes")) {
                socket.getInputStream().read();
                socket.getOutputStream().write('x');
            } else {
                socket.getInputStream().read(new byte[16_384]);
            }
        } catch (Exception failure) {
            // The client's side prints its own.
        }
    }

    private static void client(String fault, int port) throws Exception {
        SSLContext context = context(false, !fault.equals("untrusted"));
        Socket plain = new Socket(InetAddress.getLoopbackAddress(), port);
        String host = fault.equals("hostname") ? "other.example.org" : HOST;
        try (SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(plain, host, port, true)) {
            socket.setSoTimeout(fault.equals("timeout") ? 1_000 : 10_000);
            if (fault.equals("protocol")) {
                socket.setEnabledProtocols(new String[] {"TLSv1.2"});
            }
            if (fault.equals("suite")) {
                socket.setEnabledProtocols(new String[] {"TLSv1.2"});
                socket.setEnabledCipherSuites(new String[] {"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"});
            }
            SSLParameters parameters = socket.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            socket.setSSLParameters(parameters);
            socket.startHandshake();
            socket.getOutputStream().write('x');
            socket.getInputStream().read();
        }
    }

    private static SSLContext context(boolean own, boolean trusting) throws Exception {
        CertificateFactory certificates = CertificateFactory.getInstance("X.509");
        KeyManager[] managers = null;
        Certificate leaf = read(certificates, "rsa2048-sha256.crt");
        Certificate authority = read(certificates, "ca.crt");
        if (own) {
            String pem = new String(Files.readAllBytes(keys.resolve("rsa2048.key")), StandardCharsets.US_ASCII);
            byte[] der = Base64.getMimeDecoder().decode(pem.replaceAll("-----[A-Z ]+-----", ""));
            PrivateKey key = KeyFactory.getInstance("RSA").generatePrivate(new PKCS8EncodedKeySpec(der));
            KeyStore store = empty();
            store.setKeyEntry("own", key, new char[0], new Certificate[] {leaf});
            KeyManagerFactory factory = KeyManagerFactory.getInstance("SunX509");
            factory.init(store, new char[0]);
            managers = factory.getKeyManagers();
        }
        KeyStore trusted = empty();
        // An authority that signed nothing here stands for a truststore that lacks the right one.
        trusted.setCertificateEntry("ca", trusting ? authority : leaf);
        if (!trusting) {
            trusted.deleteEntry("ca");
            trusted.setCertificateEntry("another", read(certificates, "ec256-sha256.crt"));
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
        trust.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(managers, trust.getTrustManagers(), null);
        return context;
    }

    private static KeyStore empty() throws Exception {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        return store;
    }

    private static Certificate read(CertificateFactory certificates, String name) throws Exception {
        try (InputStream input = new ByteArrayInputStream(Files.readAllBytes(keys.resolve(name)))) {
            return certificates.generateCertificate(input);
        } catch (IOException missing) {
            throw new IllegalArgumentException("no key " + name, missing);
        }
    }
}
