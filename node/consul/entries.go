package consul

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/hashicorp/consul/api"
)

// Entry is a config entry as Consul's API takes and gives it. It is kept raw, so that fields which this program does not
// know survive when it is written back.
type Entry map[string]any

// Kind of the entry, for example "service-defaults".
func (e Entry) Kind() string { return text(e["Kind"]) }

// Name of the entry.
func (e Entry) Name() string { return text(e["Name"]) }

func text(value any) string {
	text, _ := value.(string)
	return text
}

// Entries of a kind, without the fields that Consul adds. The meta data says whether Consul left some out, since the token
// may not read them.
func (c *Client) Entries(ctx context.Context, kind string) ([]Entry, *api.QueryMeta, error) {
	var answer json.RawMessage
	meta, err := c.Raw().Query("/v1/config/"+kind, &answer, query(ctx, ""))
	if err != nil {
		return nil, nil, err
	}
	var entries []Entry
	if err := decode(answer, &entries); err != nil {
		return nil, nil, fmt.Errorf("the %s entries that Consul has cannot be read: %w", kind, err)
	}
	for _, entry := range entries {
		entry.strip()
	}
	return entries, meta, nil
}

// Entry without the fields that Consul adds; nil when Consul has none of this kind and name.
func (c *Client) Entry(ctx context.Context, kind, name string) (Entry, error) {
	var answer json.RawMessage
	_, err := c.Raw().Query("/v1/config/"+kind+"/"+name, &answer, query(ctx, ""))
	var status api.StatusError
	if errors.As(err, &status) && status.Code == http.StatusNotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var entry Entry
	if err := decode(answer, &entry); err != nil {
		return nil, fmt.Errorf("%s/%s, as Consul has it, cannot be read: %w", kind, name, err)
	}
	entry.strip()
	return entry, nil
}

// decode keeps numbers as they are written: some of Consul's are too long for a float.
func decode(answer []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(answer))
	decoder.UseNumber()
	return decoder.Decode(into)
}

func (e Entry) strip() {
	for _, added := range []string{"CreateIndex", "ModifyIndex", "Hash"} {
		delete(e, added)
	}
}

// PutEntry writes an entry.
func (c *Client) PutEntry(ctx context.Context, entry Entry) error {
	var written bool
	_, err := c.Raw().Write("/v1/config", entry, &written, (&api.WriteOptions{}).WithContext(ctx))
	if err == nil && !written {
		err = errors.New("Consul did not write it")
	}
	return err
}

// DeleteEntry removes an entry. It is no error when there is none.
func (c *Client) DeleteEntry(ctx context.Context, kind, name string) error {
	_, err := c.Raw().Delete("/v1/config/"+kind+"/"+name, query(ctx, ""))
	return err
}

// Services are the names of those that have an instance in the catalogue.
func (c *Client) Services(ctx context.Context) (map[string]bool, error) {
	all, _, err := c.Client.Catalog().Services(query(ctx, ""))
	if err != nil {
		return nil, err
	}
	names := make(map[string]bool, len(all))
	for name := range all {
		names[name] = true
	}
	return names, nil
}
