#!/bin/sh
# Acts out nvidia-smi for one H100, with the facts of the NVML stand-in. Memory is in use by the processes that hold
# /dev/nvidia-uvm, 600 MiB each, so that it is free when they are gone.
name='NVIDIA H100 80GB HBM3'
uuid=GPU-00000000-0000-0000-0000-000000000000

holders() {
    for fd in /proc/[0-9]*/fd/*; do
        if [ "$(readlink "$fd" 2>/dev/null)" = /dev/nvidia-uvm ]; then
            fd=${fd#/proc/}
            echo "${fd%%/*}"
        fi
    done | sort -u
}

case "$1" in
--query-gpu=memory.used) echo $(($(holders | wc -l) * 600)) ;;
--query-gpu=memory.total) echo 81559 ;;
--query-compute-apps=pid,used_memory) holders | sed 's/$/, 600/' ;;
--query-gpu=name,memory.total,driver_version,compute_cap) echo "$name, 81559, 570.86.15, 9.0" ;;
--query-gpu=index,uuid,*) echo "0, $uuid, 00000000:65:00.0, $name, 81559, 80000, 570.86.15, 9.0, [N/A]" ;;
-L) echo "GPU 0: $name (UUID: $uuid)" ;;
-q)
    cat <<END
Driver Version                            : 570.86.15
CUDA Version                              : 12.8

Attached GPUs                             : 1
GPU 00000000:65:00.0
    Product Name                          : $name
    MIG Mode
        Current                           : N/A
    GPU UUID                              : $uuid
    PCI
        Bus Id                            : 00000000:65:00.0
    FB Memory Usage
        Total                             : 81559 MiB
END
    ;;
'') echo "| NVIDIA-SMI 570.86.15   Driver Version: 570.86.15   CUDA Version: 12.8 |" ;;
*) exit 2 ;;
esac
