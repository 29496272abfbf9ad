package instance

import (
	"errors"
	"path/filepath"

	"gatehouse/node/host"
)

// ownFolders are the folders that systemd makes for a service: of a user that exists only with the unit, they are in `private`,
// and the first path is a link to there.
func ownFolders(name string) []string {
	var found []string
	for _, parent := range []string{"/var/lib", "/var/cache", "/var/log"} {
		folder := "gatehouse-" + name
		found = append(found, filepath.Join(parent, folder), filepath.Join(parent, "private", folder))
	}
	return found
}

// purge removes the folders of a service that is declared so. A service that is not keeps them: they are its data.
func (n *Node) purge(name string) error {
	current, there := Current(n.Host, name)
	var failed []error
	for _, folder := range ownFolders(name) {
		switch {
		case !n.Host.Exists(folder):
		case there && current.Purge:
			failed = append(failed, n.Host.Remove(folder))
		case filepath.Base(filepath.Dir(folder)) != "private":
			n.Host.Say("%s stays: the data of %s (purge says otherwise)", folder, host.Clean(name))
		}
	}
	return errors.Join(failed...)
}
