package fence

import "slices"

// Compare the kernel's rules with those that the node's instances need. A user in a rule who is not needed there is no difference:
// it is the one of a unit that does not run just now. Nor is a rule of who answers for a unit that a person gave a drop-in: the rule
// goes when the unit starts again.
func (k Keeper) Compare() (open, closed []int, err error) {
	unlock, err := lock(k.Host)
	if err != nil {
		return nil, nil, err
	}
	defer unlock()
	wanted, err := k.plan()
	if err != nil {
		return nil, nil, err
	}
	now, err := k.Kernel.Read()
	if err != nil {
		return nil, nil, err
	}
	for _, port := range wanted.spared {
		if still, there := now.Answer[port]; there {
			wanted.Answer[port] = still
		}
	}
	for _, port := range wanted.Ports() {
		switch {
		case !wanted.closes(port, now):
			open = append(open, port)
		case !wanted.lets(port, now):
			closed = append(closed, port)
		}
	}
	for _, port := range now.Ports() {
		if !slices.Contains(wanted.Ports(), port) {
			closed = append(closed, port)
		}
	}
	return open, closed, nil
}

// closes says whether other rules refuse at a port all users that these refuse, as callers and as programs that answer.
func (r Rules) closes(port int, other Rules) bool {
	_, only := r.Only[port]
	_, otherOnly := other.Only[port]
	_, answer := r.Answer[port]
	_, otherAnswer := other.Answer[port]
	return (!only || otherOnly) && (otherOnly || containsAll(other.Refused[port], r.Refused[port])) && (!answer || otherAnswer)
}

// lets says whether other rules let in, and let answer, all users that these do.
func (r Rules) lets(port int, other Rules) bool {
	_, only := r.Only[port]
	answer, answers := r.Answer[port]
	if may, otherAnswers := other.Answer[port]; otherAnswers && (!answers || !containsAll(may, answer)) {
		return false
	}
	if allowed, otherOnly := other.Only[port]; otherOnly {
		return only && containsAll(allowed, r.Only[port])
	}
	return true
}

func containsAll(all, some UIDs) bool {
	return !slices.ContainsFunc(some, func(uid uint32) bool { return !slices.Contains(all, uid) })
}
