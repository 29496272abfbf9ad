/**
 * The lab's mesh, whose backend is a command of its nodes: a small server in perl with a user, folders, limits, configuration
 * files and labels. GATEHOUSE_MESH=meshes/examples/settings.ts npm run lab
 */
import { defineMesh } from "../../model";
import lab from "../lab";

/** Every node has perl. It answers each request with its configuration file and the number of requests so far. */
const server = `
  use IO::Socket::INET;
  my ($greeting, $count) = ("", "$ENV{STATE_DIRECTORY}/count");
  sub read_file { open my $f, "<", $_[0] or return ""; local $/; my $text = <$f>; $text =~ s/\\s+$//; $text }
  sub configure { $greeting = read_file("$ENV{CONFIGURATION_DIRECTORY}/greeting.txt") }
  configure(); $SIG{HUP} = \\&configure;
  my $listener = IO::Socket::INET->new(LocalAddr => $ARGV[0], Listen => 64, ReuseAddr => 1) or die $!;
  while (1) {
    my $caller = $listener->accept or next;
    while (my $line = <$caller>) { last if $line =~ /^\\r?$/ }
    my $seen = (read_file($count) || 0) + 1;
    open my $f, ">", $count; print $f $seen; close $f;
    my $body = "$greeting $seen " . (getpwuid($<) || $<) . "\\n";
    print $caller "HTTP/1.1 200 OK\\r\\nConnection: close\\r\\nContent-Length: " . length($body) . "\\r\\n\\r\\n$body";
    close $caller;
  }
`;

export default defineMesh({
  ...lab,
  services: {
    ...lab.services,
    backend: {
      runsOn: ["worker1", { node: "worker2", meta: { version: "2" }, tags: ["canary"] }],
      port: 9002,
      protocol: "http",
      meta: { version: "1" },
      run: {
        command: ["/usr/bin/perl", "-e", server.replaceAll("\n", " ")],
        args: ["127.0.0.1:9002"],
        stateDirectory: true,
        purge: true,
        limits: { memoryMax: "64M", cpuQuota: "50%", openFiles: 1024, tasks: 16 },
        configFiles: { "greeting.txt": { text: "hello\n" } },
        reload: "SIGHUP",
        stopTimeout: "5s",
      },
      health: { http: "/", interval: "10s", timeout: "1s", startTimeout: "2m" },
    },
  },
});
