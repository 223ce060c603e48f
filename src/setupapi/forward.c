/*
 * The functions of the configuration manager under setupapi.dll's name, where programs that link
 * with its import library look for them: forwarders to cfgmgr32.dll.
 */
#include "nt_export.h"

NT_EXPORT_FORWARD(CM_Get_Child, cfgmgr32);
NT_EXPORT_FORWARD(CM_Get_DevNode_Registry_PropertyA, cfgmgr32);
NT_EXPORT_FORWARD(CM_Get_DevNode_Registry_PropertyW, cfgmgr32);
NT_EXPORT_FORWARD(CM_Get_DevNode_Status, cfgmgr32);
NT_EXPORT_FORWARD(CM_Get_Device_IDA, cfgmgr32);
NT_EXPORT_FORWARD(CM_Get_Device_IDW, cfgmgr32);
NT_EXPORT_FORWARD(CM_Get_Device_ID_ListA, cfgmgr32);
NT_EXPORT_FORWARD(CM_Get_Device_ID_ListW, cfgmgr32);
NT_EXPORT_FORWARD(CM_Get_Device_ID_List_SizeA, cfgmgr32);
NT_EXPORT_FORWARD(CM_Get_Device_ID_List_SizeW, cfgmgr32);
NT_EXPORT_FORWARD(CM_Get_Device_ID_Size, cfgmgr32);
NT_EXPORT_FORWARD(CM_Get_Device_Interface_ListA, cfgmgr32);
NT_EXPORT_FORWARD(CM_Get_Device_Interface_ListW, cfgmgr32);
NT_EXPORT_FORWARD(CM_Get_Device_Interface_List_SizeA, cfgmgr32);
NT_EXPORT_FORWARD(CM_Get_Device_Interface_List_SizeW, cfgmgr32);
NT_EXPORT_FORWARD(CM_Get_Parent, cfgmgr32);
NT_EXPORT_FORWARD(CM_Get_Sibling, cfgmgr32);
NT_EXPORT_FORWARD(CM_Locate_DevNodeA, cfgmgr32);
NT_EXPORT_FORWARD(CM_Locate_DevNodeW, cfgmgr32);
