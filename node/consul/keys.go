package consul

import (
	"context"
	"strings"

	"github.com/hashicorp/consul/api"
)

// Key of Consul's key-value store; nil for none.
func (c *Client) Key(ctx context.Context, key string) ([]byte, error) {
	pair, _, err := c.KV().Get(key, query(ctx, ""))
	if pair == nil || err != nil {
		return nil, err
	}
	return pair.Value, nil
}

// Keys below a prefix, without it.
func (c *Client) Keys(ctx context.Context, prefix string) ([]string, error) {
	keys, _, err := c.KV().Keys(prefix, "", query(ctx, ""))
	for i := range keys {
		keys[i] = strings.TrimPrefix(keys[i], prefix)
	}
	return keys, err
}

// MakeKey makes a key unless there is one.
func (c *Client) MakeKey(ctx context.Context, key string, value []byte) error {
	_, _, err := c.KV().CAS(&api.KVPair{Key: key, Value: value}, (&api.WriteOptions{}).WithContext(ctx))
	return err
}

// PutKey writes a key.
func (c *Client) PutKey(ctx context.Context, key string, value []byte) error {
	_, err := c.KV().Put(&api.KVPair{Key: key, Value: value}, (&api.WriteOptions{}).WithContext(ctx))
	return err
}

// DeleteKey deletes a key. It is no error when there is none.
func (c *Client) DeleteKey(ctx context.Context, key string) error {
	_, err := c.KV().Delete(key, (&api.WriteOptions{}).WithContext(ctx))
	return err
}
