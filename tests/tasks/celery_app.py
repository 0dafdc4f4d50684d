"""The app of the Celery workers of the tests; its broker is in the environment."""

import os

from celery import Celery

app = Celery("tests", broker=os.environ["TEST_BROKER"])
app.conf.worker_cancel_long_running_tasks_on_connection_loss = True
app.conf.broker_connection_retry_on_startup = True
app.autodiscover_tasks()
