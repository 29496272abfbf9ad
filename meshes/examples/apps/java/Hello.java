import com.sun.net.httpserver.HttpServer;
import java.net.InetSocketAddress;
import java.util.concurrent.Executors;

/** Answers with its greeting, once it has slept for as long as a bigger program takes to start. */
public class Hello {
  public static void main(String[] args) throws Exception {
    Thread.sleep(1000 * Long.parseLong(System.getenv().getOrDefault("START_SECONDS", "0")));
    byte[] greeting = (System.getenv("GREETING") + " from Java " + Runtime.version() + "\n").getBytes();
    int port = Integer.parseInt(System.getenv("PORT"));
    HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", port), 0);
    server.setExecutor(Executors.newFixedThreadPool(8));
    server.createContext("/", exchange -> {
      exchange.sendResponseHeaders(200, greeting.length);
      exchange.getResponseBody().write(greeting);
      exchange.close();
    });
    server.start();
  }
}
