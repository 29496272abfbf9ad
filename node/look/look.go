// Package look answers the preflight's questions about a node before a deploy, and changes nothing. If the program is not
// installed yet, the preflight uploads it for that, and removes it again.
package look

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"gatehouse/node/document"
	"gatehouse/node/host"
	"gatehouse/node/systemd"
)

// Node that is looked at.
type Node struct {
	Host *host.Host
	// Units is nil where systemd does not answer.
	Units systemd.Manager
	// Agent is the URL of the node's Consul agent, for example http://127.0.0.1:8500
	Agent string
	// Login is the user who logs in to deploy.
	Login string
}

// looker prints lines of a key and values, with tabs between them.
type looker struct {
	Node
	document.Questions
	out strings.Builder
	// defining are files that define one of the names.
	defining []string
	// theirPorts are those of such files, and of registrations.
	theirPorts []int
}

func (l *looker) print(words ...string) {
	for i, word := range words {
		words[i] = strings.Map(oneField, word)
	}
	l.out.WriteString(strings.Join(words, "\t") + "\n")
}

// oneField leaves out characters that would end a field or a line.
func oneField(r rune) rune {
	if r == '\t' || r == '\n' || r == '\r' {
		return -1
	}
	return r
}

// Run prints the answers. The last line is "end": without it, answers are missing.
func Run(ctx context.Context, node Node, questions document.Questions, out io.Writer) error {
	l := &looker{Node: node, Questions: questions}
	now := time.Now()
	l.print("clock", fmt.Sprintf("%d.%09d", now.Unix(), now.Nanosecond()))
	l.print("user", fmt.Sprint(os.Getuid()))
	l.print("arch", architecture())
	for _, look := range []func(context.Context){
		l.home, l.programs, l.commands, l.accounts, l.paths, l.system, l.fences, l.hostKeys, l.folders, l.agent, l.xds, l.units, l.records, l.ran, l.files, l.definitions, l.settings, l.marks,
		l.registrations, l.listeners, l.open, l.made,
	} {
		look(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	l.print("end")
	_, err := io.WriteString(out, l.out.String())
	return err
}

// architecture of the processor, as `uname -m` prints it.
func architecture() string {
	var name unix.Utsname
	if unix.Uname(&name) != nil {
		return ""
	}
	return unix.ByteSliceToString(name.Machine[:])
}
