# Two stages: everything needed to build, then only what the programs link.
#   docker build -t funnel . && docker run -p 8080:8080 -v funnel-data:/var/lib/funnel funnel
# SPDX-License-Identifier: Apache-2.0
FROM debian:12 AS build
WORKDIR /src
COPY . .
RUN ./dev build

FROM debian:12-slim
COPY deploy/packages /tmp/packages
RUN apt-get update \
    && apt-get install -y --no-install-recommends $(awk '$1 == "run" { print $2 }' /tmp/packages) \
    && rm -rf /var/lib/apt/lists/* /tmp/packages \
    && useradd --system --uid 10001 --home-dir /var/lib/funnel --create-home --shell /usr/sbin/nologin funnel
COPY --from=build /src/bin/funneld /src/bin/funnelc /usr/local/bin/
USER funnel
WORKDIR /var/lib/funnel
ENV DATA_DIR=/var/lib/funnel BIND=0.0.0.0 PORT=8080
VOLUME /var/lib/funnel
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 CMD ["funneld", "health"]
ENTRYPOINT ["funneld"]
CMD ["serve"]
