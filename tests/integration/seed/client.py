import asyncio
import websockets
import json

async def connect():
    uri = "ws://localhost:8000/ws?user_id=user123&token=your_token"

    async with websockets.connect(uri) as websocket:
        # Receive welcome message
        message = await websocket.recv()
        print(f"Received: {message}")

        # Send a chat message
        chat_message = {
            "event_type": "chat.message",
            "conversation_id": "conv_123",
            "content": "Hello, World!",
            "content_type": "text"
        }
        await websocket.send(json.dumps(chat_message))

        # Receive messages
        while True:
            message = await websocket.recv()
            print(f"Received: {message}")

asyncio.run(connect())
