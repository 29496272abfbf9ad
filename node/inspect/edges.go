package inspect

import (
	"context"
	"crypto/tls"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"gatehouse/node/document"
	"gatehouse/node/host"
)

// verdict on one attempt: "allowed", "refused" or "failed", and the evidence for it.
type verdict struct{ answer, detail string }

func allowed(detail string) verdict { return verdict{"allowed", detail} }
func refused(detail string) verdict { return verdict{"refused", detail} }
func failed(detail string) verdict  { return verdict{"failed", detail} }

// tries of one edge: a change that was just made may still be on its way to Envoy.
const tries = 4

// edges that were tried before the time was over.
func (n Node) edges(ctx context.Context, asked document.Inspection) []document.EdgeReport {
	deadline := time.Now().Add(time.Duration(asked.EdgeSeconds * float64(time.Second)))
	tried := inParallel(asked.Edges, func(edge document.EdgeTrial) *document.EdgeReport {
		if time.Now().After(deadline) || ctx.Err() != nil {
			return nil
		}
		answer := n.tryUntilExpected(ctx, edge)
		return &document.EdgeReport{ID: edge.ID, Answer: answer.answer, Detail: answer.detail}
	})
	edges := []document.EdgeReport{}
	for _, one := range tried {
		if one != nil {
			edges = append(edges, *one)
		}
	}
	return edges
}

func (n Node) tryUntilExpected(ctx context.Context, edge document.EdgeTrial) verdict {
	for try := 1; ; try++ {
		answer := n.try(ctx, edge)
		expected := answer.answer == edge.Expect || (edge.Expect == "either" && answer.answer != "failed")
		if expected || try == tries {
			return answer
		}
		host.Pause(ctx, n.Pause)
		if ctx.Err() != nil {
			return answer
		}
	}
}

// try an edge once: through the caller's own upstream listener, or at the sidecar of the called service with the caller's
// certificate.
func (n Node) try(ctx context.Context, edge document.EdgeTrial) verdict {
	port := strconv.Itoa(edge.Port)
	local := net.JoinHostPort("127.0.0.1", port)
	if edge.Through == "upstream" {
		if edge.Protocol == "tcp" {
			return n.tryTCP(ctx, local)
		}
		return tryHTTP(ctx, "http://"+local+"/", transport(edge.Protocol, nil))
	}
	leaf, err := n.leaf(ctx, edge.Caller)
	if err != nil {
		return failed("the agent gives out no certificate of " + edge.Caller)
	}
	at := net.JoinHostPort(edge.Host, port)
	if edge.Protocol == "tcp" {
		return n.tryTLS(ctx, at, leaf)
	}
	return tryHTTP(ctx, "https://"+at+"/", transport(edge.Protocol, &leaf))
}

// leaf is the certificate of a workload of this node, which the agent gives out for its token.
func (n Node) leaf(ctx context.Context, caller string) (tls.Certificate, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	token := ""
	if document.ValidName(caller) {
		text, _ := n.Host.Read(filepath.Join(host.Secrets, caller+".token")) // none without ACLs
		token = strings.TrimSpace(string(text))
	}
	return n.Agent.Leaf(ctx, caller, token)
}
