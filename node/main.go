// Command gatehouse-node carries out on a node what a deploy decided. A run has one verb, and one JSON document on standard
// input. It prints its progress in lines, and the result of `inspect` as JSON.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"gatehouse/node/host"
)

// version is the hash of this program's sources; the build links it in.
var version = "unknown"

// exit codes.
const (
	exitDone = iota
	exitFailed
	exitUsage
)

func main() {
	// Terraform's connection has a terminal. When the connection breaks, this run still ends in good order, and the next one
	// waits for its lock.
	signal.Ignore(syscall.SIGHUP, syscall.SIGPIPE)
	// Consul's client would use a person's settings for a shell; this program has its own tokens and address.
	for _, setting := range os.Environ() {
		if name, _, _ := strings.Cut(setting, "="); strings.HasPrefix(name, "CONSUL_") {
			os.Unsetenv(name)
		}
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args))
}

func run(ctx context.Context, args []string) int {
	words := args[1:]
	if filepath.Base(args[0]) == "mesh" {
		words = append([]string{"mesh"}, words...)
	}
	if len(words) > 0 && words[0] == "mesh" {
		return meshCommand(ctx, words[1:])
	}
	syscall.Umask(0o022)
	for length := min(len(words), 2); length > 0; length-- {
		if do, known := verbs[strings.Join(words[:length], " ")]; known {
			err := do(ctx, host.New(), words[length:])
			if code, isCode := err.(exitCode); isCode { //nolint:errorlint // a verb returns it as it is
				return int(code)
			}
			if err != nil {
				fmt.Fprintf(os.Stderr, "gatehouse: error: %s\n", failure(ctx, err))
				return exitFailed
			}
			return exitDone
		}
	}
	fmt.Fprintf(os.Stderr, "gatehouse-node %s does not know %q. It knows: %s\n", version, strings.Join(words, " "), strings.Join(known(), ", "))
	return exitUsage
}

// failure says why a run failed. After a signal, the error alone would only say that a context was canceled.
func failure(ctx context.Context, err error) string {
	text := host.Clean(err.Error())
	if ctx.Err() != nil {
		return "a signal ended this run: " + text
	}
	return text
}
