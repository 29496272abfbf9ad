package expand

import (
	"context"
	"fmt"
	"strings"

	"gatehouse/node/consul"
)

// changeProtocols makes all writes without a pause, since the route is missing meanwhile. When Consul refuses one, or a
// signal ends the run, the writes before it are undone.
func (e expansion) changeProtocols(ctx context.Context, writes []Write) error {
	// A write is never cut short: it could still arrive after the one that undoes it.
	whole := context.WithoutCancel(ctx)
	for i, write := range writes {
		if ctx.Err() != nil {
			return failure(protocolsFailed, write, context.Cause(ctx), e.restore(whole, writes[:i]))
		}
		err := e.write(whole, write)
		switch {
		case err == nil:
			e.host.Say("protocols: %s %s", write.Verb, write)
		case consul.Answered(err):
			e.host.Say("Consul refuses %s: %s", write, consul.Reason(err))
			return failure(protocolsFailed, write, err, e.restore(whole, writes[:i]))
		default: // it may have arrived
			return failure(protocolsFailed, write, err, e.restore(whole, writes[:i+1]))
		}
	}
	return nil
}

// outcome of undoing a write.
type outcome struct {
	write Write
	// err is the reason why the entry is not as it was.
	err error
}

// restore undoes writes as far as Consul accepts that, and returns the outcome for each entry.
func (e expansion) restore(ctx context.Context, done []Write) []outcome {
	var outcomes []outcome
	last := map[string]int{}
	for _, write := range undo(done) {
		err := e.write(ctx, write)
		if err != nil {
			e.host.Say("Consul refuses %s as it was: %s", write, consul.Reason(err))
		} else {
			e.host.Say("entries: %s %s", write.Verb, write)
		}
		if at, twice := last[write.String()]; twice {
			outcomes[at].err = err
			continue
		}
		last[write.String()] = len(outcomes)
		outcomes = append(outcomes, outcome{write, err})
	}
	return outcomes
}

const protocolsFailed = "not every service could be changed to its new protocol"

// failure says which entry was refused, which are as before, and which are not.
func failure(failed string, refused Write, reason error, outcomes []outcome) error {
	var before, not []string
	for _, one := range outcomes {
		if one.err == nil {
			before = append(before, one.write.String())
		} else {
			not = append(not, fmt.Sprintf("%s (%s)", one.write, consul.Reason(one.err)))
		}
	}
	state := "everything is as before"
	switch {
	case len(not) > 0 && len(before) > 0:
		state = fmt.Sprintf("as before again: %s; NOT as before: %s", strings.Join(before, ", "), strings.Join(not, ", "))
	case len(not) > 0:
		state = "NOT as before: " + strings.Join(not, ", ")
	case len(before) > 0:
		state += " again: " + strings.Join(before, ", ")
	}
	why := fmt.Sprintf("Consul refuses %s: %s", refused, consul.Reason(reason))
	if !consul.Answered(reason) {
		why = fmt.Sprintf("%s was not written: %s", refused, reason)
	}
	return fmt.Errorf("%s: %s; %s. Correct the cause and deploy again", failed, why, state)
}
