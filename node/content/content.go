// Package content unpacks what a service runs, fetches it, and says whether it can start on this node.
package content

import "fmt"

// Formats of an archive.
const (
	Tar   = "tar"
	TarGz = "tar.gz"
	Zip   = "zip"
)

// Limits of an unpacked archive.
type Limits struct {
	// Entries are files, folders and links.
	Entries int
	// Bytes of all files.
	Bytes int64
}

// Most that a node unpacks. The room on its disk limits it further.
var Most = Limits{Entries: 200_000, Bytes: 8 << 30}

// MostFetched are the bytes of a file that a node fetches.
const MostFetched = 4 << 30

// refusal of an entry.
func refusal(name, reason string, args ...any) error {
	return fmt.Errorf("its entry %q %s", name, fmt.Sprintf(reason, args...))
}
