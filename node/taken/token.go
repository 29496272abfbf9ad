package taken

import (
	"fmt"
	"strings"

	"gatehouse/node/document"
	"gatehouse/node/host"
	"gatehouse/node/secrets"
)

// TokenPrefix begins the names of the files in host.Secrets with which entries are put back on destroy.
const TokenPrefix = "_taken."

// TokenFile holds the token that may change the entries that a mesh has taken over, and no others: on destroy, Terraform
// cannot bring it. It stays as long as one of them is taken over, and is removed with the program.
func TokenFile(mesh string) string { return host.Secrets + "/" + TokenPrefix + mesh + ".token" }

// arrived token; "" where there are no ACLs.
func arrived(h *host.Host, owner document.Owner, secret string) (string, error) {
	if secret == "" {
		return "", h.CheckOwner(owner)
	}
	token, err := secrets.TakeOne(h, owner.Mesh, secret, "token")
	if err != nil {
		return "", err
	}
	return token, h.CheckOwner(owner)
}

func keepToken(h *host.Host, mesh, token string) error {
	if token == "" {
		return nil
	}
	return h.Write(TokenFile(mesh), []byte(token+"\n"), 0o600, host.Owner{})
}

func keptToken(h *host.Host, doc document.EntryReturn) (string, error) {
	if !doc.ACL {
		return "", nil
	}
	text, err := h.Read(TokenFile(doc.Mesh))
	if err != nil {
		return "", fmt.Errorf("%s/%s is not put back: its token cannot be read (%w). It is recorded under the key %s: write it by hand, delete the key, and run this again",
			doc.Kind, doc.Name, err, folder(doc.Mesh)+doc.Kind+"/"+doc.Name)
	}
	return strings.TrimSpace(string(text)), nil
}
