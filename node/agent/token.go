package agent

import (
	"context"
	"errors"
	"fmt"

	"gatehouse/node/consul"
	"gatehouse/node/document"
	"gatehouse/node/host"
	"gatehouse/node/secrets"
	"gatehouse/node/systemd"
	"gatehouse/node/undo"
)

// Token gives a running agent its own token: the one of a server can only be made once the server runs.
func Token(ctx context.Context, h *host.Host, units systemd.Manager, tools Tools, doc document.AgentToken) error {
	arrived, err := secrets.Take(h, doc.Mesh, "agent-token")
	if err != nil {
		return err
	}
	release, err := h.Lock(ctx, lock)
	if err != nil {
		return err
	}
	defer release()
	if err := CheckOwner(h, doc.Owner); err != nil {
		return err
	}
	token := arrived["agentToken"]
	if token == "" {
		return errors.New("the secrets of this step have no agentToken; nothing was changed. Deploy again")
	}
	if !h.Exists(secretsFile) {
		return fmt.Errorf("%s is not there: the agent of this node was not set up with ACLs. Replace the Terraform resource agent_%s and deploy again", secretsFile, doc.Node)
	}
	var changed undo.Stack
	if err := giveToken(ctx, h, units, tools, &changed, token); err != nil {
		if undone := changed.Run(ctx); undone != nil {
			return fmt.Errorf("%w; the earlier token could not be put back: %w", err, undone)
		}
		return fmt.Errorf("%w; the agent goes on with what it had before", err)
	}
	changed.Forget()
	h.Say("Consul's agent on %s has its token", doc.Node)
	return nil
}

func giveToken(ctx context.Context, h *host.Host, units systemd.Manager, tools Tools, changed *undo.Stack, token string) error {
	reloaded := false
	changed.Add("reload the agent", func(ctx context.Context) error {
		if !reloaded {
			return nil
		}
		return units.Reload(ctx, unitName)
	})
	if _, err := changed.WriteIfNew(h, consul.NodeToken, []byte(token+"\n"), 0o600, root); err != nil {
		return err
	}
	now, err := readSettings(h)
	if err != nil {
		return err
	}
	now.ACL.Tokens.Agent = token // servers keep the tokens that they began with, too
	text, err := now.text()
	if err != nil {
		return err
	}
	if _, err := changed.WriteIfNew(h, secretsFile, text, 0o640, host.ConsulMayRead); err != nil {
		return err
	}
	reloaded = true
	// The agent does not know the token yet.
	if err := units.Reload(ctx, unitName); err != nil {
		return err
	}
	client, err := tools.Connect(token)
	if err != nil {
		return err
	}
	if !host.Wait(ctx, tools.Patience, tools.Poll, func() bool { return client.Answers(ctx) }) {
		if ctx.Err() != nil {
			return undo.Ended(ctx)
		}
		return fmt.Errorf("Consul's agent did not take its token; %s", journal)
	}
	return nil
}
