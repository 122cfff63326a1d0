API=http://127.0.0.1:7860/gradio_api

# A call is answered with the number of an event, whose stream ends with the answer, or with why there is none.
ask() {
    event=$(curl -sS "$API/call/v2/$1" -H 'Content-Type: application/json' -d "$2" | sed 's/.*"event_id":"\(.*\)".*/\1/')
    curl -sSN "$API/call/$1/$event" | sed -n '/^event: complete/,/^data: /p; /^event: error/,/^data: /p'
}

ask clients '{"decision": "refused", "limit": 1}'
ask score_client '{"client_id": 900001, "changes": {"AMT_CREDIT": 270000}}'

path=$(curl -sS "$API/upload" -F 'files=@photo.jpg' | tr -d '[]"')
ask classify_image '{"image": {"path": "'"$path"'", "meta": {"_type": "gradio.FileData"}}, "models": []}'
