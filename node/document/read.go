package document

import (
	"encoding/json"
	"fmt"
	"io"
	"regexp"
)

// Read decodes one document. A field that this program does not know is an error: another version wrote the document.
func Read[T any](from io.Reader) (T, error) {
	var document T
	decoder := json.NewDecoder(from)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&document); err != nil {
		return document, fmt.Errorf("the document on standard input is not what this gatehouse-node reads: %w", err)
	}
	return document, nil
}

var name = regexp.MustCompile(`^[A-Za-z0-9._-]+$`)

// ValidName says whether this can be the name of a workload: it becomes part of paths and unit names. Everything else that
// comes from Consul's catalogue is compared and never interpreted.
func ValidName(text string) bool { return name.MatchString(text) && text != "." && text != ".." }
