package content

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"
)

// Patience of a fetch.
type Patience struct {
	// All of it.
	All time.Duration
	// Answer is how long a connection and the first line of an answer may take.
	Answer time.Duration
}

// UsualPatience is less than the wait for a lock.
var UsualPatience = Patience{All: 9 * time.Minute, Answer: 30 * time.Second}

// redirects that are followed.
const redirects = 10

// Fetch what an address has into a writer, at most so many bytes, and refuse another SHA-256. After an error, the writer may have got
// a part.
func Fetch(ctx context.Context, address, sum string, to io.Writer, most int64, patience Patience) error {
	ctx, cancel := context.WithTimeoutCause(ctx, patience.All, fmt.Errorf("it took longer than %s", patience.All))
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	answer, err := client(request, patience).Do(request)
	if err != nil {
		return cause(ctx, err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("the answer is %s", answer.Status)
	}
	if answer.ContentLength > most {
		return tooLarge(most)
	}
	hash := sha256.New()
	got, err := io.Copy(io.MultiWriter(to, hash), io.LimitReader(answer.Body, most+1))
	switch found := hex.EncodeToString(hash.Sum(nil)); {
	case err != nil:
		return cause(ctx, err)
	case got > most:
		return tooLarge(most)
	case found != sum:
		return fmt.Errorf("it is another file than the declared one: its SHA-256 is %s", found)
	}
	return nil
}

// client for a request and where it is redirected.
func client(first *http.Request, patience Patience) *http.Client {
	guard := &guard{free: isOfNode(first.URL.Hostname())}
	transport := &http.Transport{
		Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true,
		DialContext:         (&net.Dialer{Timeout: patience.Answer, Control: guard.check}).DialContext,
		TLSHandshakeTimeout: patience.Answer, ResponseHeaderTimeout: patience.Answer,
		DisableCompression: true, DisableKeepAlives: true,
	}
	return &http.Client{Transport: transport, CheckRedirect: func(next *http.Request, before []*http.Request) error {
		if len(before) > redirects {
			return fmt.Errorf("it was redirected more than %d times", redirects)
		}
		if next.URL.Scheme != "http" && next.URL.Scheme != "https" {
			return fmt.Errorf("it was redirected to a %s address", next.URL.Scheme)
		}
		proxy, _ := http.ProxyFromEnvironment(next)
		guard.set(proxy == nil)
		return nil
	}}
}

// cause of an error, without the address, which the caller names.
func cause(ctx context.Context, err error) error {
	if because := context.Cause(ctx); because != nil {
		return because
	}
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		return errors.New("nothing answered in time: is the address right, and may this node reach it?")
	}
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		return wrapped.Err
	}
	return err
}

func tooLarge(most int64) error {
	return fmt.Errorf("it has more than %d MiB, which is the room for it on this node", most>>20)
}
