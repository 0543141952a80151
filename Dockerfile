# Two stages: the first builds, the second holds Python, the pinned dependencies and Hearth alone.
ARG BASE=python:3.13-slim
FROM ${BASE} AS build
WORKDIR /build
COPY requirements.lock requirements-build.lock ./
RUN python3 -m venv /build/tools \
    && /build/tools/bin/pip install --no-cache-dir --no-deps --require-hashes -r requirements-build.lock \
    && python3 -m venv /opt/hearth \
    && /opt/hearth/bin/pip install --no-cache-dir --no-deps --require-hashes -r requirements.lock
COPY pyproject.toml README.md ./
COPY api api
COPY migrations migrations
COPY schema schema
RUN /build/tools/bin/python -m hatchling build -t wheel \
    && /opt/hearth/bin/pip install --no-cache-dir --no-deps dist/*.whl \
    && /opt/hearth/bin/pip uninstall --yes pip \
    # PostgreSQL starts for nobody whose name it can't find.
    && { cat /etc/passwd; echo "hearth:x:10001:10001::/tmp:/usr/sbin/nologin"; } > /build/passwd

FROM ${BASE}
COPY --from=build /build/passwd /etc/passwd
COPY --from=build /opt/hearth /opt/hearth
ENV PATH=/opt/hearth/bin:$PATH \
    HEARTH_HOME=/tmp/hearth \
    HEARTH_HOST=0.0.0.0 \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen('http://127.0.0.1:' + os.environ.get('HEARTH_PORT', '8000') + '/health/live', timeout=2)"]
CMD ["hearth", "serve"]
