package sweep

import (
	"context"
	"time"
)

// held lets go of what killed runs left in the kernel. Its rules are void by then, and the tables still cost each packet a look.
func (s *sweep) held(context.Context) error {
	for _, name := range s.Instances {
		if err := s.letGoOf(name); err != nil {
			return err
		}
	}
	return nil
}

// letGoOf one instance, unless a run is at work on it.
func (s *sweep) letGoOf(name string) error {
	release, err := s.Host.TryLock("instance-" + name)
	if err != nil || release == nil {
		return err
	}
	defer release()
	s.Hold.Release(name)
	return nil
}

// copies of what a person made, that are of no use any more.
func (s *sweep) copies(context.Context) error { return s.Host.PruneCopies(time.Now()) }
