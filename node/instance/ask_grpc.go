package instance

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"

	"gatehouse/node/document"
)

// servingStatus are the names of HealthCheckResponse.ServingStatus.
var servingStatus = []string{"UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"}

// askGRPC calls grpc.health.v1.Health/Check: one message of one field each way, which is less than gRPC's own library would
// take. https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
func askGRPC(ctx context.Context, health document.GRPCHealth, tls bool) (string, error) {
	scheme, protocols := "http", &http.Protocols{}
	if tls {
		scheme = "https"
		protocols.SetHTTP2(true)
	} else {
		protocols.SetUnencryptedHTTP2(true)
	}
	url := scheme + "://" + health.Server + "/grpc.health.v1.Health/Check"
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(checkRequest(health.Service)))
	if err != nil {
		return "", err
	}
	request.Header.Set("Content-Type", "application/grpc")
	request.Header.Set("TE", "trailers")
	transport := &http.Transport{Protocols: protocols, TLSClientConfig: anyCertificate()}
	defer transport.CloseIdleConnections()
	response, err := transport.RoundTrip(request) // no redirect is followed
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, 1024))
	if err != nil {
		return "", err
	}
	return grpcAnswer(response, body)
}

// checkRequest is a HealthCheckRequest, whose field 1 is the service, with gRPC's prefix: not compressed, four bytes of length.
func checkRequest(service string) []byte {
	var message []byte
	if service != "" {
		message = append(binary.AppendUvarint([]byte{1<<3 | 2}, uint64(len(service))), service...)
	}
	return append(binary.BigEndian.AppendUint32([]byte{0}, uint32(len(message))), message...)
}

// grpcAnswer reads a HealthCheckResponse, whose field 1 is the status.
func grpcAnswer(response *http.Response, body []byte) (string, error) {
	status := response.Trailer.Get("Grpc-Status")
	if status == "" {
		status = response.Header.Get("Grpc-Status") // of an answer without a message
	}
	if response.StatusCode != http.StatusOK || status != "0" {
		answer := fmt.Sprintf("status %d, grpc-status %q", response.StatusCode, status)
		return answer, errors.New(answer)
	}
	serving := 0
	if len(body) >= 7 && body[5] == 1<<3 {
		serving = int(body[6])
	}
	answer := fmt.Sprint(serving)
	if serving < len(servingStatus) {
		answer = servingStatus[serving]
	}
	if answer != "SERVING" {
		return answer, errors.New(answer)
	}
	return answer, nil
}
