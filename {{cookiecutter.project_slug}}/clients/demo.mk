# Targets of the demo clients and of the example apps; Makefile includes this file if it is there.

TARGET ?= $(ADDRESS)
STUB ?= aio
IMAGES += client
COMPOSE := docker compose -f compose.yaml -f clients/compose.yaml

.PHONY: demo-data clients wire compose-demo
demo-data: migrate ## Load the demo data
	@$(MANAGE) load_demo_data

clients: setup ## Run the four demo clients (TARGET=HOST:PORT, STUB=aio or sync)
	@for name in unary server_streaming client_streaming bidi; do \
		echo "--- $$name"; \
		$(PY) -m clients.$$name --target $(TARGET) --stub $(STUB) || exit 1; \
	done

wire: demo-data ## Start each server in turn and run the clients against it
	@for command in grpcrunaioserver grpcrunserver; do \
		$(MANAGE) $$command $(ADDRESS) & server=$$!; \
		for second in $$(seq 30); do \
			$(PY) -m config.healthcheck $(ADDRESS) > /dev/null && break; sleep 1; \
		done; \
		$(MAKE) clients && kill $$server && wait $$server || { kill $$server; exit 1; }; \
	done

compose-demo: .env ## Run server, PostgreSQL and clients in containers (SERVER_MODE=aio or sync)
	@$(COMPOSE) build
	@$(COMPOSE) run --rm server load_demo_data && $(COMPOSE) run --rm client; \
		status=$$?; $(COMPOSE) down --volumes; exit $$status
