package mesh

func (c command) logs(name string, options []string) error {
	if len(options) == 0 {
		options = []string{"-f", "-n", "50"}
	}
	arguments := []string{"journalctl"}
	for _, unit := range append(c.theirs(name), c.units(name)...) {
		arguments = append(arguments, "-u", unit)
	}
	return c.Become(append(arguments, options...)...)
}
