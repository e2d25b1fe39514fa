const ws = new WebSocket('ws://localhost:8000/ws?user_id=user123&token=your_token');

ws.onopen = () => {
    console.log('Connected to NEXUS WebSocket');
};

ws.onmessage = (event) => {
    const data = JSON.parse(event.data);
    console.log('Received:', data);
};

ws.onerror = (error) => {
    console.error('WebSocket error:', error);
};

ws.onclose = () => {
    console.log('Disconnected from NEXUS WebSocket');
};
