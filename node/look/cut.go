package look

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
)

var (
	secretName  = regexp.MustCompile(`(?i)secret|token|passw|pwd|credential|private|dsn|auth|api[_-]?key|access[_-]?key|(^|[_-])key$`)
	secretValue = regexp.MustCompile(`://[^/\s@]*:[^/\s@]+@|-----BEGIN|(?i)\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b|\b(AKIA|ASIA)[0-9A-Z]{16}\b|\b(hvs\.|ghp_|glpat-|xox[bp]-|sk_live_)|[?&](token|key|secret|password)=`)
	plainValue  = regexp.MustCompile(`^(/[\w./-]*|true|false|yes|no|on|off|\d{1,6}|)$`)
	option      = regexp.MustCompile(`^(--?[A-Za-z][\w.-]*)(?:=(.*))?$`)
)

// isSecret says whether a value looks like one that only the program may know. A path, a number and a switch do not.
func isSecret(name, value string) bool {
	return secretValue.MatchString(value) || secretName.MatchString(name) && !plainValue.MatchString(value)
}

// cutEnvironment leaves out the variables that look like secrets, and names them.
func cutEnvironment(settings []string) (environment map[string]string, secrets []string) {
	environment = map[string]string{}
	for _, setting := range settings {
		name, value, _ := strings.Cut(setting, "=")
		if isSecret(name, value) {
			secrets = append(secrets, name)
		} else {
			environment[name] = value
		}
	}
	slices.Sort(secrets)
	return environment, slices.Compact(secrets)
}

// cutArguments leaves out what looks like a secret in a command, and names the arguments.
func cutArguments(command []string) (kept, cut []string) {
	name := ""
	for _, word := range command {
		found := option.FindStringSubmatch(word)
		switch {
		case found != nil && strings.Contains(word, "="):
			if isSecret(found[1], found[2]) {
				cut, word = append(cut, found[1]), found[1]+"="
			}
			name = ""
		case found != nil:
			name = found[1]
		default:
			if isSecret(name, word) {
				cut, word = append(cut, cmp.Or(name, "an argument")), ""
			}
			name = ""
		}
		kept = append(kept, word)
	}
	return kept, cut
}
