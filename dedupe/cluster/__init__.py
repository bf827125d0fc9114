"""Reading and comparing on many machines, by Dask: the tasks of the local workers, run elsewhere.

``pool.ClusterPool`` stands in for ``workers.WorkerPool``. The databases and every action stay on this machine.
"""
