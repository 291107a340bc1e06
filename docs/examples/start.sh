#!/bin/sh
# Starts an interview, prints the candidate's link, and looks at the session: VIVA_URL and VIVA_API_KEY say where.
set -eu
VIVA_URL=${VIVA_URL:-http://127.0.0.1:8000}

call() { # method, path, [body]
  curl -sS --fail-with-body -X "$1" "$VIVA_URL$2" -H 'Content-Type: application/json' \
    ${VIVA_API_KEY:+-H "X-API-Key: $VIVA_API_KEY"} ${3:+-d "$3"}
}
field() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }

started=$(call POST /api/interview/start '{"user_id": "user-123", "kind": "tryout"}')
session=$(echo "$started" | field session_id)
echo "candidate: $(echo "$started" | field page_url)"
echo "status:    $(call GET "/api/interview/$session/status" | field status)"
call POST "/api/interview/$session/end" > /dev/null
echo "ended:     $(call GET "/api/interview/$session/results" | field end_reason)"
