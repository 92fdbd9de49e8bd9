"""What is unusual: data, drift and performance judged by the firm's own past; nothing is fitted."""
