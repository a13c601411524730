# The sources and linkvigil.toml are mounted at /work (read-only will do), the state stays in the volume /state:
#   docker run -v "$PWD:/work:ro" -v linkvigil:/state linkvigil run
FROM python:3.12-slim AS build
WORKDIR /build
COPY pyproject.toml README.md LICENSE CHANGELOG.md scheduler.py ./
COPY crawler crawler
COPY reports reports
RUN python -m venv /opt/linkvigil \
 && /opt/linkvigil/bin/pip install --no-cache-dir '.[postgresql,fast]'

FROM python:3.12-slim
RUN apt-get update \
 && apt-get install --no-install-recommends --yes ca-certificates git tini \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --user-group --home-dir /state --shell /usr/sbin/nologin linkvigil \
 && install --directory --owner=linkvigil --group=linkvigil --mode=0750 /state /work
COPY --from=build /opt/linkvigil /opt/linkvigil
# The mounted sources may belong to another user than the one that reads their history.
ENV PATH=/opt/linkvigil/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    LINKVIGIL_STATE=/state \
    LINKVIGIL_REPORT__FOLDER=/state/report \
    GIT_CONFIG_COUNT=1 \
    GIT_CONFIG_KEY_0=safe.directory \
    GIT_CONFIG_VALUE_0=*
USER linkvigil
WORKDIR /work
VOLUME ["/state"]
HEALTHCHECK --interval=30m --timeout=60s --start-period=30s --retries=3 CMD ["linkvigil", "migrate"]
ENTRYPOINT ["/usr/bin/tini", "--", "linkvigil"]
CMD ["serve"]
