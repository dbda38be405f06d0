"""What those who run Mainstay see: logs, health, readiness, measurements, the monitoring page, backups."""
