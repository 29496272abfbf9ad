package look

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"gatehouse/node/consul"
	"gatehouse/node/host"
	"gatehouse/node/xds"
)

// httpsPort is where a locked agent that Gatehouse did not set up has its API.
const httpsPort = "8501"

// xds is how Envoy would reach an agent that Gatehouse did not set up: port, kind, where the authority was found, the
// certificate that the agent shows, and what is wrong. No line: there is no such port.
func (l *looker) xds(ctx context.Context) {
	if l.Host.Exists(host.ConsulDir + "/tls/xds-ca.pem") {
		return
	}
	token, _ := l.Host.Read(consul.NodeToken)
	client, err := consul.New(strings.TrimPrefix(l.Agent, "http://"), strings.TrimSpace(string(token)))
	if err != nil {
		return
	}
	l.https(ctx, client)
	way, err := xds.New(l.Host, client).Find(ctx, true)
	var fault *xds.Fault
	switch {
	case errors.As(err, &fault):
		l.print("xds", fmt.Sprint(way.Port), "tls", "", way.Shown, fault.Reason)
	case err == nil && way.TLS:
		l.print("xds", fmt.Sprint(way.Port), "tls", way.Source, way.Shown, "")
	case err == nil && way.Port != 0:
		l.print("xds", fmt.Sprint(way.Port), "plain", "", "", "")
	}
}

// https says whether the API answers with TLS, if it does not answer over plain HTTP.
func (l *looker) https(ctx context.Context, client *consul.Client) {
	if _, err := client.Self(ctx); err == nil || consul.Answered(err) {
		return
	}
	if connection, err := net.DialTimeout("tcp", "127.0.0.1:"+httpsPort, time.Second); err == nil {
		_ = connection.Close()
		l.print("https", httpsPort)
	}
}
