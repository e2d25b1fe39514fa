const chatMessage = {
    event_type: "chat.message",
    conversation_id: "conv_123",
    content: "Hello everyone!",
    content_type: "text",
    mentions: ["user456"],
    attachments: []
};

ws.send(JSON.stringify(chatMessage));

const typingEvent = {
    event_type: "chat.typing",
    conversation_id: "conv_123",
    is_typing: true,
    username: "John Doe"
};

ws.send(JSON.stringify(typingEvent));

const joinRoom = {
    event_type: "room.join",
    room_id: "room_general",
    username: "John Doe"
};

ws.send(JSON.stringify(joinRoom));

const presenceUpdate = {
    event_type: "presence.update",
    status: "away",
    status_message: "In a meeting",
    location: "Meeting Room"
};

ws.send(JSON.stringify(presenceUpdate));

const docEdit = {
    event_type: "doc.edit",
    document_id: "doc_123",
    username: "John Doe",
    operation: "insert",
    changes: [
        {
            position: { line: 10, column: 5 },
            text: "new content"
        }
    ],
    cursor_position: { line: 10, column: 15 }
};

ws.send(JSON.stringify(docEdit));

const cursorUpdate = {
    event_type: "doc.cursor",
    document_id: "doc_123",
    username: "John Doe",
    position: { line: 10, column: 15 },
    selection: {
        start: { line: 10, column: 15 },
        end: { line: 10, column: 25 }
    }
};

ws.send(JSON.stringify(cursorUpdate));
