// Package script runs the health script of a service as the service's own user and in its sandbox. Consul's agent runs nothing of
// the service's: its check asks over a socket, and so does a deploy.
package script

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os/exec"
	"syscall"
	"time"
)

// Result of a run.
type Result struct {
	// Exit is the exit code of the script, in Consul's meaning: 0 is passing, 1 a warning, others are critical.
	Exit int `json:"exit"`
	// Output of the script, at most longestOutput bytes of it.
	Output string `json:"output"`
}

const (
	// longestOutput that is kept, in bytes. Consul keeps as much.
	longestOutput = 4096
	// longestAnswer in bytes: JSON writes up to six for one of the output.
	longestAnswer = 6*longestOutput + 1024
	// Critical is the exit code when the script did not end by itself.
	Critical = 2
)

// Ask the socket of a service for one run of its script. When ctx ends, so does the script.
func Ask(ctx context.Context, socket string) (Result, error) {
	var result Result
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "unix", socket)
	if err != nil {
		return result, fmt.Errorf("the unit of the health script does not answer: %w", err)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	if err := json.NewDecoder(io.LimitReader(conn, longestAnswer)).Decode(&result); err != nil {
		if ctx.Err() != nil {
			return result, fmt.Errorf("the health script takes too long: %w", ctx.Err())
		}
		return result, fmt.Errorf("the unit of the health script ended before the script did: %w", err)
	}
	return result, nil
}

// Serve runs the command for each connection, until ctx ends.
func Serve(ctx context.Context, listener net.Listener, command []string) error {
	defer context.AfterFunc(ctx, func() { listener.Close() })()
	for {
		conn, err := listener.Accept()
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		go answer(ctx, conn, command)
	}
}

// answer one connection. The script ends when who asked is gone: a check has a timeout.
func answer(ctx context.Context, conn net.Conn, command []string) {
	defer conn.Close()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		_, _ = io.Copy(io.Discard, conn)
		cancel()
	}()
	_ = json.NewEncoder(conn).Encode(run(ctx, command))
}

func run(ctx context.Context, command []string) Result {
	script := exec.CommandContext(ctx, command[0], command[1:]...)
	script.WaitDelay = time.Second
	// With all that it started.
	script.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	script.Cancel = func() error { return syscall.Kill(-script.Process.Pid, syscall.SIGKILL) }
	var output beginning
	script.Stdout, script.Stderr = &output, &output
	err := script.Run()
	var ended *exec.ExitError
	switch {
	case err == nil:
		return Result{0, string(output)}
	case errors.As(err, &ended) && ended.Exited():
		return Result{ended.ExitCode(), string(output)}
	}
	return Result{Critical, fmt.Sprintf("%s%v", output, err)}
}

// beginning of what is written to it.
type beginning []byte

func (b *beginning) Write(text []byte) (int, error) {
	*b = append(*b, text[:min(len(text), longestOutput-len(*b))]...)
	return len(text), nil
}
